/**
 * Equality of modules as values: instruction ids are compared by place, positions not at all;
 * elements of constants by their bits, so that -0 is not 0, and -nan is not nan.
 */
import {
  type Computation,
  entryOf,
  type Instruction,
  type Module,
  parametersOf,
  rootOf,
} from '../ir/module.ts';
import { printShape } from './shape-text.ts';

/** Where two modules first differ, in words; undefined where they are equal. */
export function diffModules(a: Module, b: Module): string | undefined {
  for (const key of ['name', 'entry', 'debugTables', 'attributes'] as const) {
    if (!sameValue(a[key], b[key])) return `module ${key}: ${show(a[key])} against ${show(b[key])}`;
  }
  const [n, m] = [a.computations.length, b.computations.length];
  if (n !== m) return `${n} computations against ${m}`;
  for (let i = 0; i < n; i++) {
    const difference = diffComputations(a.computations[i]!, b.computations[i]!);
    if (difference) return `computation ${a.computations[i]!.name}: ${difference}`;
  }
  return undefined;
}

/** True where the modules are equal. */
export function modulesEqual(a: Module, b: Module): boolean {
  return diffModules(a, b) === undefined;
}

/** Whether two modules take the same parameters and give the same result, layouts aside. */
export function sameSignature(a: Module, b: Module): boolean {
  return a === b || signature(a) === signature(b);
}

function signature(module: Module): string {
  const entry = entryOf(module);
  const shapes = [...parametersOf(entry), rootOf(entry)].map((i) => printShape(i.shape, false));
  return shapes.join();
}

function diffComputations(a: Computation, b: Computation): string | undefined {
  if (a.name !== b.name) return `is called ${b.name}`;
  if (!sameValue(a.extras, b.extras)) return `extras: ${show(a.extras)} against ${show(b.extras)}`;
  const [n, m] = [a.instructions.length, b.instructions.length];
  if (n !== m) return `${n} instructions against ${m}`;
  const places = [placesOf(a), placesOf(b)] as const;
  if (places[0].get(a.root) !== places[1].get(b.root)) return 'the roots differ';
  for (let i = 0; i < n; i++) {
    const difference = diffInstructions(a.instructions[i]!, b.instructions[i]!, ...places);
    if (difference) return `instruction ${a.instructions[i]!.name}: ${difference}`;
  }
  return undefined;
}

type Places = ReadonlyMap<number, number>;

function placesOf(computation: Computation): Places {
  return new Map(computation.instructions.map((i, place) => [i.id, place]));
}

function diffInstructions(
  a: Instruction,
  b: Instruction,
  inA: Places,
  inB: Places,
): string | undefined {
  for (const key of ['name', 'opcode', 'shape', 'attrs', 'extras'] as const) {
    if (!sameValue(a[key], b[key])) return `${key}: ${show(a[key])} against ${show(b[key])}`;
  }
  for (const key of ['operands', 'controlPredecessors'] as const) {
    const [from, to] = [a[key].map((id) => inA.get(id)), b[key].map((id) => inB.get(id))];
    if (!sameValue(from, to)) return `${key} differ`;
  }
  return undefined;
}

/** Deep equality of plain data and typed arrays; a key that is undefined is as good as absent. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || ArrayBuffer.isView(a)) return sameList(a, b);
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key in x) if (!sameValue(x[key], y[key])) return false;
  for (const key in y) if (y[key] !== undefined && x[key] === undefined) return false;
  return true;
}

function sameList(a: object, b: object): boolean {
  if (a.constructor !== b.constructor) return false;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return bytesOf(a).equals(bytesOf(b));
  const [x, y] = [a as ArrayLike<unknown>, b as ArrayLike<unknown>];
  if (x.length !== y.length) return false;
  for (let i = 0; i < x.length; i++) {
    if (!Object.is(x[i], y[i]) && !sameValue(x[i], y[i])) return false;
  }
  return true;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

function show(value: unknown): string {
  const text = JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}` : v)) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
