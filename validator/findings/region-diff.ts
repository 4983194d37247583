/**
 * The diff of a changed region: both sides as text, with names made alike where instructions
 * correspond, and only the computations that differ, so that it shows the change and little else.
 */
import { createTwoFilesPatch } from 'diff';
import {
  type Computation,
  computationOf,
  type Instruction,
  type InstructionId,
  type Module,
} from '../../graphs/ir/module.ts';
import type { AttrSpecs } from '../../graphs/ops/attr.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import { rowOf } from '../../graphs/ops/table.ts';
import { printComputation } from '../../graphs/text/printer.ts';
import { localKey, type Numbering } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import type { Region } from '../localization/regions.ts';
import { regionModules } from './region-module.ts';

/** Lines around a change. */
const context = 3;

/** Lines of a diff that are kept. */
const maxLines = 200;

/** Unified diff of the two sides' text. */
export function regionDiff(
  region: Region,
  flows: { readonly before: ValueGraph; readonly after: ValueGraph },
  numbering: Numbering,
  pass: string,
): string {
  const { before, after } = regionModules(region, flows, numbering);
  return moduleDiff(before, after, `before ${pass}`, `after ${pass}`);
}

/** Unified diff of the computations that differ, the second module's names made those of the first. */
export function moduleDiff(
  before: Module,
  after: Module,
  beforeTitle: string,
  afterTitle: string,
): string {
  const renamed = withNamesOf(before, after);
  const old = textsOf(before);
  const now = textsOf(renamed);
  const differ = (texts: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>) =>
    [...texts].filter(([name, text]) => others.get(name) !== text).map(([, text]) => `${text}\n`);
  const sides = [differ(old, now).join('\n'), differ(now, old).join('\n')] as const;
  const patch = createTwoFilesPatch(beforeTitle, afterTitle, ...sides, undefined, undefined, {
    context,
  });
  return capped(patch.replace(/^=+\n/, ''));
}

function capped(patch: string): string {
  const lines = patch.trimEnd().split('\n');
  const more = lines.length - maxLines;
  if (more <= 0) return patch;
  return `${[...lines.slice(0, maxLines), `… ${more} more lines`].join('\n')}\n`;
}

function textsOf(module: Module): Map<string, string> {
  return new Map(
    module.computations.map((c) => {
      const entry = c.name === module.entry ? 'ENTRY ' : '';
      return [c.name, `${entry}${printComputation(c, { metadata: false })}`];
    }),
  );
}

/** The second module under the names that the first has for the same things. */
function withNamesOf(before: Module, after: Module): Module {
  const pairs = correspondingComputations(before, after);
  const taken = new Set(pairs.values());
  const own = new Set(before.computations.map((c) => c.name));
  const nameOf = (name: string) => {
    const paired = pairs.get(name);
    if (paired !== undefined) return paired;
    return own.has(name) || taken.has(name) ? `${name}.after` : name;
  };
  const computations = after.computations.map((c): Computation => {
    const counterpart = pairs.get(c.name);
    const names = counterpart === undefined ? new Map() : namesFrom(before, counterpart, c);
    const instructions = c.instructions.map((i) => {
      const renamed = { ...i, name: names.get(i.id) ?? i.name } as Instruction;
      return calledBy(i).length ? callingBy(renamed, nameOf) : renamed;
    });
    return { ...c, name: nameOf(c.name), instructions };
  });
  return { ...after, entry: nameOf(after.entry), computations };
}

/** Computations of the second module → those of the first that are called at the same places. */
function correspondingComputations(before: Module, after: Module): Map<string, string> {
  const pairs = new Map([[after.entry, before.entry]]);
  const used = new Set([before.entry]);
  for (const [name, counterpart] of pairs) {
    const ours = computationOf(after, name);
    for (const [i, j] of matching(computationOf(before, counterpart), ours)) {
      const [called, others] = [calledBy(i), calledBy(j)];
      for (const [n, callee] of called.entries()) {
        const other = others[n];
        if (other === undefined || pairs.has(callee) || used.has(other)) continue;
        pairs.set(callee, other);
        used.add(other);
      }
    }
  }
  return pairs;
}

/** By id, the names that instructions of a computation get. */
function namesFrom(
  before: Module,
  counterpart: string,
  after: Computation,
): Map<InstructionId, string> {
  const names = new Map<InstructionId, string>();
  const taken = new Set<string>();
  for (const [i, j] of matching(computationOf(before, counterpart), after)) {
    names.set(i.id, j.name);
    taken.add(j.name);
  }
  for (const i of after.instructions) {
    if (names.has(i.id)) continue;
    const name = taken.has(i.name) ? `${i.name}.after` : i.name;
    names.set(i.id, name);
    taken.add(name);
  }
  return names;
}

type Pair = readonly [after: Instruction, before: Instruction];

/**
 * Instructions that correspond: the same op over operands that correspond; then the same op under the
 * same name; then, in the order in which they stand, the same op under names of which neither occurs
 * on the other side.
 */
function matching(before: Computation, after: Computation): Pair[] {
  const pairs: Pair[] = [];
  const partner = new Map<InstructionId, InstructionId>();
  const match = (
    keyOf: (i: Instruction, partnerOf: (id: InstructionId) => unknown) => string,
    apart: (i: Instruction) => boolean = () => true,
  ) => {
    const used = new Set(partner.values());
    const open = new Map<string, Instruction[]>();
    for (const j of before.instructions) {
      if (used.has(j.id) || !apart(j)) continue;
      const key = keyOf(j, (id) => id);
      const known = open.get(key);
      if (known) known.push(j);
      else open.set(key, [j]);
    }
    for (const i of after.instructions) {
      if (partner.has(i.id) || !apart(i)) continue;
      const j = open.get(keyOf(i, (id) => partner.get(id)))?.shift();
      if (!j) continue;
      partner.set(i.id, j.id);
      pairs.push([i, j]);
    }
  };
  const names = new Set(before.instructions.map((i) => i.name));
  const shared = new Set(after.instructions.map((i) => i.name).filter((n) => names.has(n)));
  match((i, partnerOf) => `${ownKey(i)}(${i.operands.map(partnerOf)})`);
  match((i) => `${i.name} ${ownKey(i)}`);
  match(ownKey, (i) => !shared.has(i.name));
  return pairs;
}

function ownKey(i: Instruction): string {
  return i.opcode === 'parameter' ? `parameter ${i.attrs.index}` : localKey(i);
}

/** The instruction with the computations that it calls renamed. */
function callingBy(i: Instruction, nameOf: (name: string) => string): Instruction {
  const specs: AttrSpecs = rowOf(i.opcode).attrs;
  const attrs = Object.entries(i.attrs).map(([key, value]) => {
    if (value === undefined || !specs[key]?.kind.startsWith('computation')) return [key, value];
    return [key, typeof value === 'string' ? nameOf(value) : (value as string[]).map(nameOf)];
  });
  return { ...i, attrs: Object.fromEntries(attrs) } as Instruction;
}
