/**
 * The formats that a module may be given in: how each is told from its name or its first bytes, and
 * how it is read. Importers are loaded when they are used, so that other commands start at once.
 */
import { moduleBytes, moduleHead } from '../golden/store/module-bytes.ts';
import { fail, inFile } from '../graphs/ir/diagnostic.ts';
import type { Module } from '../graphs/ir/module.ts';
import { optionalPackage } from '../graphs/ir/optional-package.ts';
import type { Pins } from '../graphs/ir/pin.ts';
import { parseModule } from '../graphs/text/parser.ts';
import { shellFile } from '../graphs/text/shell-word.ts';
import { readBeside } from './confined-file.ts';
import { readText } from './read-text.ts';

/** Sizes that the user gives for what a model leaves open, by input (or size) name. */
export type Refine = Readonly<Record<string, readonly number[]>>;

/** A module as a format's reader gives it, not verified yet. */
export interface ReadModule {
  readonly module: Module;
  /** The text that positions point into; empty where the format has none. */
  readonly text: string;
  /** What was assumed, for the user to read. */
  readonly notes: readonly string[];
  /** Sizes of inputs, by the name of the parameter, where the module has bounds for them. */
  readonly inputSizes?: Refine;
  /** The model's own names of its inputs and outputs, in order, where it has such. */
  readonly names?: { readonly inputs: readonly string[]; readonly outputs: readonly string[] };
}

/** One format; a file has the first one in the list that its name or its first bytes fit. */
export interface ModuleFormat {
  readonly name: 'hlo' | 'stablehlo' | 'onnx' | 'tfjs' | 'hlo-proto' | 'mlir-bytecode';
  /** One line for lists. */
  readonly summary: string;
  /** File names that say the format. */
  readonly extension: RegExp;
  /** Whether a file that begins so (as Latin-1) has the format. */
  begins(head: string): boolean;
  read(file: string, refine: Refine, pins?: Pins): ReadModule | Promise<ReadModule>;
  /** Whether `read` sets inputs itself, before it lowers anything. */
  readonly pins?: true;
  /** The names that a file has for sizes that it leaves open. */
  sizeNames?(file: string): Promise<readonly string[]>;
}

const comments = String.raw`^(?:\s|//[^\n]*\n)*`;
const hloHead = new RegExp(`${comments}HloModule\\b`);
const mlirHead = new RegExp(
  `${comments}(?:module\\b|func\\.func\\b|"?builtin\\.module\\b|#\\w+ ?=)`,
);

/** Tags of the fields of ModelProto that follow the version; the version's own tag is 8. */
const onnxTags = [2, 3, 4, 5, 6, 7, 8].map((field) => 8 * field + 2);

const hlo: ModuleFormat = {
  name: 'hlo',
  summary: 'HLO text (.hlo, or .txt of a dump), as XLA prints it',
  extension: /\.hlo$/i,
  begins: (head) => hloHead.test(head),
  read(file, refine) {
    const text = readText(file);
    const module = attempt(file, () => parseModule(text, { file }));
    return { module, text, notes: [], inputSizes: refine };
  },
};

const stablehlo: ModuleFormat = {
  name: 'stablehlo',
  summary: 'StableHLO text (.mlir), with CHLO; jax.jit(f).lower(x).as_text() gives it',
  extension: /\.mlir$/i,
  begins: (head) => mlirHead.test(head),
  async read(file, refine) {
    const text = readText(file);
    const { importStablehlo } = await import('../graphs/importers/stablehlo/import.ts');
    return { module: importStablehlo(text, { file, refine }), text, notes: [] };
  },
};

const onnx: ModuleFormat = {
  name: 'onnx',
  summary: 'ONNX (.onnx), with ONNX Runtime’s own operators; weights may lie beside it',
  extension: /\.onnx$/i,
  begins: (head) => head.startsWith('\b') && onnxTags.includes(head.charCodeAt(2)),
  pins: true,
  async read(file, refine, pins = {}) {
    const bytes = moduleBytes(file);
    const { importOnnxModel } = await import('../graphs/importers/onnx/import.ts');
    const single = Object.entries(refine).filter(([, sizes]) => sizes.length === 1);
    const dims = Object.fromEntries(single.map(([name, [size]]) => [name, size!]));
    const external = (name: string) => readBeside(file, name);
    const notes: string[] = [];
    const onNote = (note: string) => notes.push(note);
    const options = { file, external, shapes: refine, dims, pins, onNote };
    const { module, ...names } = importOnnxModel(bytes, options);
    return { module, text: '', notes, names };
  },
  async sizeNames(file) {
    const { symbolicSizes } = await import('../graphs/importers/onnx/import.ts');
    return symbolicSizes(moduleBytes(file), file);
  },
};

const tfjs: ModuleFormat = {
  name: 'tfjs',
  summary: 'a tfjs GraphModel (model.json), its weights beside it',
  extension: /\.json$/i,
  begins: (head) => /^\s*\{/.test(head),
  async read(file, refine) {
    const text = readText(file);
    const { importTfjs, weightPaths } = await optionalPackage(
      () => import('../graphs/importers/tfjs/import.ts'),
      'reading a tfjs GraphModel',
      ['@tensorflow/tfjs-core@4.22.0', '@tensorflow/tfjs-converter@4.22.0'],
    );
    const notes: string[] = [];
    const module = attempt(file, () => {
      const shards = weightPaths(text).map((path) => readBeside(file, path));
      const onNote = (note: string) => notes.push(note);
      return importTfjs({ modelJson: text, weights: Buffer.concat(shards), dims: refine, onNote });
    });
    return { module, text: '', notes };
  },
};

const hloProto: ModuleFormat = {
  name: 'hlo-proto',
  summary:
    'HloProto or HloModuleProto (.hlo.pb, .hlo_proto), as XLA dumps it with --xla_dump_hlo_as_proto',
  extension: /\.(?:hlo\.pb|hlo_proto|hlo\.proto)$/i,
  begins: () => false,
  async read(file, refine) {
    const { hloProtoText } = await import('../graphs/importers/hlo-proto/import.ts');
    const text = attempt(file, () => hloProtoText(moduleBytes(file)));
    const module = attempt(file, () => parseModule(text, { file }));
    return { module, text, notes: [], inputSizes: refine };
  },
};

const bytecode: ModuleFormat = {
  name: 'mlir-bytecode',
  summary: 'MLIR bytecode is refused, with the command that makes text of it',
  extension: /\.mlirbc$/i,
  begins: (head) => head.startsWith('ML\xefR'),
  read(file) {
    const plain = `stablehlo-opt ${shellFile(file)} -o ${shellFile(`${file}.mlir`)}`;
    const portable = `stablehlo-translate --deserialize ${shellFile(file)}`;
    const message = `this is MLIR bytecode; ${plain} makes text of it, of a portable artifact ${portable} does`;
    return fail('format/mlir-bytecode', message, { file });
  },
};

/** Every format, in the order in which names are tried. */
export const formats: readonly ModuleFormat[] = [bytecode, hloProto, stablehlo, onnx, tfjs, hlo];

/** Formats that are told by their first bytes whatever the file is called: names often lie of these. */
const unmistakable: readonly ModuleFormat[] = [bytecode, hlo, stablehlo];

/**
 * The format of a file: by how it begins where that is unmistakable, by its name, else by its first
 * bytes; HLO text if nothing tells.
 */
export function formatOf(file: string): ModuleFormat {
  const head = Buffer.from(moduleHead(file)).toString('latin1');
  const told = unmistakable.find((f) => f.begins(head));
  if (told) return told;
  const name = file.replace(/\.gz$/i, '');
  const named = formats.find((f) => f.extension.test(name));
  return named ?? formats.find((f) => f.begins(head)) ?? hlo;
}

function attempt<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw inFile(error, file);
  }
}
