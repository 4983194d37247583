/**
 * A module as a JSON document, for tools that do not read HLO text: instructions with operands by
 * name, shapes as HLO writes them, attributes as values where JSON has a form for them.
 */

import { elementTypes, isComplex, isFloat } from '../ir/element-type.ts';
import {
  type Computation,
  type Instruction,
  type InstructionId,
  instructionsById,
  type Module,
} from '../ir/module.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { AttrKind, AttrSpecs, AttrTypes } from '../ops/attr.ts';
import { rowOf } from '../ops/table.ts';
import { attrTexts } from '../text/attributes.ts';
import { floatPrinter, printLiteral } from '../text/literal-print.ts';
import { printShape } from '../text/shape-text.ts';
import { visibleJson } from '../text/visible.ts';

/** A number, or text where JSON has none for it: nan, inf, -inf, -0, integers beyond 2^53. */
export type JsonNumber = number | string;

/** One instruction; operands come before it in the list of its computation. */
export interface InstructionDocument {
  readonly name: string;
  readonly opcode: string;
  /** As HLO writes it, without layouts. */
  readonly shape: string;
  /** Names of instructions of the same computation. */
  readonly operands: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Metadata, sharding and the like, verbatim. */
  readonly extras?: Readonly<Record<string, string>>;
}

/** One computation; `root` is the name of the instruction whose value it gives. */
export interface ComputationDocument {
  readonly name: string;
  readonly root: string;
  readonly instructions: readonly InstructionDocument[];
}

/** The whole module; `entry` is the name of one of its computations. */
export interface ModuleDocument {
  readonly name: string;
  readonly entry: string;
  /** Callees before callers. */
  readonly computations: readonly ComputationDocument[];
}

/** The document; `JSON.stringify` writes it. */
export function moduleDocument(module: Module): ModuleDocument {
  const { name, entry, computations } = module;
  return { name, entry, computations: computations.map(computationDocument) };
}

/** The document as text, an instruction a line. */
export function printJson(module: Module): string {
  const { name, entry, computations } = moduleDocument(module);
  const each = computations.map((c) => {
    const lines = c.instructions.map((i) => `      ${JSON.stringify(i)}`).join(',\n');
    const head = `{"name": ${JSON.stringify(c.name)}, "root": ${JSON.stringify(c.root)}`;
    return `    ${head}, "instructions": [\n${lines}\n    ]}`;
  });
  const head = `{\n  "name": ${JSON.stringify(name)},\n  "entry": ${JSON.stringify(entry)},\n`;
  return visibleJson(`${head}  "computations": [\n${each.join(',\n')}\n  ]\n}\n`);
}

function computationDocument(computation: Computation): ComputationDocument {
  const byId = instructionsById(computation);
  const nameOf = (id: InstructionId) => byId.get(id)!.name;
  const instructions = computation.instructions.map((i) => instructionDocument(i, nameOf));
  return { name: computation.name, root: nameOf(computation.root), instructions };
}

function instructionDocument(
  i: Instruction,
  nameOf: (id: InstructionId) => string,
): InstructionDocument {
  const specs: AttrSpecs = rowOf(i.opcode).attrs;
  const given = Object.entries(i.attrs as Record<string, unknown>);
  const attributes = given.filter(([, value]) => value !== undefined);
  return {
    name: i.name,
    opcode: i.opcode,
    shape: printShape(i.shape, false),
    operands: i.operands.map(nameOf),
    attributes: Object.fromEntries(
      attributes.map(([name, value]) => [name, attributeValue(specs[name]!.kind, value)]),
    ),
    ...(Object.keys(i.extras).length > 0 && { extras: i.extras }),
  };
}

/** Kinds whose values JSON can hold as they are. */
const plain: ReadonlySet<AttrKind> = new Set([
  'int',
  'bool',
  'string',
  'ints',
  'intLists',
  'word',
  'words',
  'computation',
  'computations',
  'window',
  'convDims',
  'ranges',
  'padding',
]);

function attributeValue<K extends AttrKind>(kind: K, value: unknown): unknown {
  if (plain.has(kind)) return value;
  if (kind === 'float') return jsonNumber(value as number);
  if (kind === 'literal') return literalValue(value as AttrTypes['literal']);
  return attrTexts[kind].write(value as AttrTypes[K]);
}

/** The elements of a tensor in row-major order (complex ones as re, im); other literals as text. */
function literalValue(literal: AttrTypes['literal']): readonly JsonNumber[] | string {
  return literal.kind === 'tensor' ? elements(literal) : printLiteral(literal);
}

function elements({ shape, data }: Tensor): JsonNumber[] {
  const type = isComplex(shape.type) ? elementTypes[shape.type].part! : shape.type;
  const short = isFloat(type) ? floatPrinter(type) : undefined;
  return Array.from(data as ArrayLike<number | bigint>, (v) =>
    jsonNumber(typeof v === 'number' && short && Number.isFinite(v) ? Number(short(v)) : v),
  );
}

function jsonNumber(value: number | bigint): JsonNumber {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : value;
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}
