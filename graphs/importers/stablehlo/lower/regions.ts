/** What regions take from outside: the free names of a region, and copies of constants. */
import type { Instruction } from '../../../ir/module.ts';
import type { Op, Region } from '../parse/ast.ts';
import type { Scope } from './scope.ts';

const known = new WeakMap<Region, ReadonlySet<string>>();

/** Names that a region uses and does not define, in order of their first use. */
export function freeNames(region: Region): ReadonlySet<string> {
  const cached = known.get(region);
  if (cached) return cached;
  const defined = new Set(region.args.map((a) => a.name));
  const free = new Set<string>();
  for (const op of region.ops) {
    for (const name of namesUsed(op)) if (!defined.has(name)) free.add(name);
    for (const { name } of op.results) defined.add(name);
  }
  known.set(region, free);
  return free;
}

function namesUsed(op: Op): readonly string[] {
  return [...op.operands.map((o) => o.name), ...op.regions.flatMap((r) => [...freeNames(r)])];
}

/** Ops whose results may be computed again in a region that takes no operands from outside. */
const copied = new Set(['constant', 'broadcast', 'iota', 'convert', 'reshape', 'negate', 'tuple']);

/** Copies the constants that a name stands for in `outer` to `inner`; undefined if it is none. */
export function captureInto(
  inner: Scope,
  outer: Scope,
  name: string,
): readonly Instruction[] | undefined {
  const values = outer.lookup(name);
  if (!values) return undefined;
  const copies = values.map((v) => copy(v, inner, outer, 0));
  return copies.every((c) => c !== undefined) ? copies : undefined;
}

function copy(
  value: Instruction,
  inner: Scope,
  outer: Scope,
  depth: number,
): Instruction | undefined {
  if (!copied.has(value.opcode) || depth > 20) return undefined;
  const operands: Instruction[] = [];
  for (const id of value.operands) {
    const definition = outer.definition(id);
    const made = definition && copy(definition, inner, outer, depth + 1);
    if (!made) return undefined;
    operands.push(made);
  }
  const { opcode, attrs, shape } = value;
  return inner.emit(opcode as 'constant', operands, attrs as never, { shape });
}
