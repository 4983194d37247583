/**
 * Conversions: what is written reads back to the same module, the documents hold every instruction,
 * and formats are told from names and contents alike.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ModuleBuilder } from '../../graphs/build/builder.ts';
import { printDot } from '../../graphs/exporters/dot.ts';
import { type ModuleDocument, moduleDocument, printJson } from '../../graphs/exporters/json.ts';
import { emptyTensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { diffModules } from '../../graphs/text/equal.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { tfjsModel } from '../support/tfjs.ts';

const model = tfjsModel({
  inputs: { x: [-1, 3] },
  constants: { w: { dims: [3, 2], values: [1, 2, 3, 4, 5, 6] } },
  nodes: { y: { op: 'MatMul', input: ['x', 'w'] }, z: { op: 'Relu', input: ['y'] } },
  outputs: ['z', 'y'],
});

/** The model as files, the document under the given name. */
function files(name = 'model.json'): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'weights.bin'), model.weights);
  writeFileSync(join(folder, name), JSON.stringify(model.modelJson));
  return join(folder, name);
}

const stablehlo = `module {
  func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
    %0 = stablehlo.negate %x : tensor<2xf32>
    return %0 : tensor<2xf32>
  }
}
`;

describe('assay convert', () => {
  it.each(['model.json', 'model'])('%s becomes HLO that computes the same', async (name) => {
    const input = files(name);
    const output = join(temporaryFolder(), 'out.hlo');
    const refine = ['--refine', 'x=4x3'];
    const converted = await assay(['convert', input, output, ...refine]);
    expect(converted).toMatchObject({ exitCode: 0, stderr: '' });
    expect(parseModule(readFileSync(output, 'utf8')).entry).toBe('main');
    const compared = await assay(['compare', input, output, '--contract', 'exact', ...refine]);
    expect(compared.exitCode).toBe(0);
  });

  it.each(['net.mlir', 'net'])('StableHLO in %s becomes HLO', async (name) => {
    const folder = temporaryFolder();
    const [input, output] = [join(folder, name), join(folder, 'out.hlo')];
    writeFileSync(input, stablehlo);
    const { exitCode } = await assay(['convert', input, output, '--quiet']);
    expect(exitCode).toBe(0);
    expect(readFileSync(output, 'utf8')).toContain(' negate(');
  });

  it('tells what it assumed on stderr, and --quiet does not', async () => {
    const output = join(temporaryFolder(), 'out.json');
    const told = await assay(['convert', files(), output, '--json']);
    expect(told.stderr).toContain('batch size');
    const { computations } = JSON.parse(readFileSync(output, 'utf8')) as ModuleDocument;
    const instructions = computations.flatMap((c) => c.instructions).length;
    expect(JSON.parse(told.stdout)).toMatchObject({ out: output, instructions });
    const quiet = await assay(['convert', files(), output, '--quiet']);
    expect(quiet).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it.each([
    ['an extension that is not written', 'out.onnx', []],
    ['no extension', 'out', []],
    ['sizes that are none', 'out.hlo', ['--refine', 'x=4y3']],
    ['sizes that contradict the model', 'out.hlo', ['--refine', 'x=4x4']],
    ['an input that the model has not', 'out.hlo', ['--refine', 'image=4x3']],
  ])('%s is exit code 2, and nothing is written', async (_, name, more) => {
    const folder = temporaryFolder();
    const { exitCode, stderr } = await assay(['convert', files(), join(folder, name), ...more]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^assay: \S/);
    expect(() => readFileSync(join(folder, name))).toThrow();
  });

  it('does not write over its input', async () => {
    const input = files();
    const before = readFileSync(input, 'utf8');
    const { exitCode } = await assay(['convert', input, input]);
    expect(exitCode).toBe(2);
    expect(readFileSync(input, 'utf8')).toBe(before);
  });
});

describe('drawings and documents', () => {
  const modules = zoo.map((m) => [m.name, m.build()] as const);

  it.each(modules)('the JSON of %s names every instruction and its operands', (_, module) => {
    const parsed = JSON.parse(printJson(module));
    expect(parsed).toEqual(JSON.parse(JSON.stringify(moduleDocument(module))));
    for (const [n, c] of module.computations.entries()) {
      const { instructions, root } = parsed.computations[n];
      const names = new Map(c.instructions.map((i) => [i.id, i.name]));
      expect(root).toBe(names.get(c.root));
      expect(instructions.map((i: { operands: string[] }) => i.operands)).toEqual(
        c.instructions.map((i) => i.operands.map((o) => names.get(o))),
      );
    }
  });

  it.each(modules)('the drawing of %s has a node and its arrows for each', (_, module) => {
    const dot = printDot(module);
    const all = module.computations.flatMap((c) => c.instructions);
    expect(dot.match(/^ +i\d+ \[label=/gm)).toHaveLength(all.length);
    const arrows = all.reduce((n, i) => n + i.operands.length + i.controlPredecessors.length, 0);
    const drawn = dot.match(/^ {4}i\d+ -> i\d+/gm) ?? [];
    expect(drawn).toHaveLength(arrows);
    const ids = new Set(all.map((i) => `i${i.id}`));
    for (const [id] of dot.matchAll(/\bi\d+\b(?= ->|;| \[style)/g)) expect(ids).toContain(id);
  });

  it('numbers that JSON lacks are text', () => {
    const m = new ModuleBuilder('m');
    const module = m.entry((b) => {
      const f = b.constant(
        tensorOf('f32', [6], [NaN, Infinity, -Infinity, -0, 0.1, 3].map(Math.fround)),
      );
      const wide = b.constant(tensorOf('s64', [2], [2n ** 60n, 7n]));
      const complex = emptyTensor('c64', []);
      complex.data.set([1, -2] as never);
      return b.op('tuple', [f, wide, b.constant(complex)]);
    });
    const literals = moduleDocument(module).computations[0]!.instructions.map(
      (i) => i.attributes.literal,
    );
    expect(literals.slice(0, 3)).toEqual([
      ['nan', 'inf', '-inf', '-0', 0.1, 3],
      ['1152921504606846976', 7],
      [1, -2],
    ]);
  });

  it('HLO in is the same HLO out', async () => {
    const folder = temporaryFolder();
    const [input, output] = ['in.hlo', 'out.hlo'].map((name) => join(folder, name)) as [
      string,
      string,
    ];
    for (const [, module] of modules.slice(0, 3)) {
      writeFileSync(input, printModule(module));
      expect((await assay(['convert', input, output])).exitCode).toBe(0);
      expect(diffModules(module, parseModule(readFileSync(output, 'utf8')))).toBeUndefined();
    }
  });
});
