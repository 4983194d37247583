/**
 * A changed region as a module of its own: its boundary values are parameters. It is what reports
 * show as text and what a region is replayed from.
 */

import type { Computation, Instruction, InstructionId, Module } from '../../graphs/ir/module.ts';
import { calledBy, orderComputations } from '../../graphs/ops/callees.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import type { Region } from '../localization/regions.ts';

/** Names of a flow's numbers: the innermost name of the first place at which each stands. */
export function namesOf(valueGraph: ValueGraph): (number: ValueNumber) => string | undefined {
  const names = new Map<ValueNumber, string>();
  for (const [place, n] of valueGraph.places) {
    if (!names.has(n)) names.set(n, place.slice(place.lastIndexOf('/') + 1));
  }
  return (n) => names.get(n);
}

interface Side {
  readonly root: ValueNumber;
  readonly cone: readonly ValueNumber[];
  /** Boundary numbers that stand for others: own number → the number whose value they take. */
  readonly substitution: ReadonlyMap<ValueNumber, ValueNumber>;
  readonly name: (number: ValueNumber) => string | undefined;
}

/** The two sides of a region as modules over the same boundary. */
export function regionModules(
  region: Region,
  flows: { readonly before: ValueGraph; readonly after: ValueGraph },
  numbering: Numbering,
): { readonly before: Module; readonly after: Module } {
  const { before, after, beforeCone, afterCone, substitution } = region;
  const beforeName = namesOf(flows.before);
  const afterName = namesOf(flows.after);
  const sides = {
    before: { root: before, cone: beforeCone, substitution: new Map(), name: beforeName },
    after: { root: after, cone: afterCone, substitution, name: afterName },
  };
  const boundary = [
    ...new Set([...leaves(sides.before, numbering), ...leaves(sides.after, numbering)]),
  ];
  const boundaryName = (n: ValueNumber) => beforeName(n) ?? afterName(n) ?? `value_${n}`;
  return {
    before: sideModule(sides.before, boundary, boundaryName, numbering),
    after: sideModule(sides.after, boundary, boundaryName, numbering),
  };
}

function leaves({ cone, root, substitution }: Side, numbering: Numbering): ValueNumber[] {
  const inside = new Set(cone);
  const at = (n: ValueNumber) => substitution.get(n) ?? n;
  const found = cone.flatMap((n) => numbering.term(n).operands).filter((o) => !inside.has(o));
  return (inside.has(root) ? found : [...found, root]).map(at);
}

function sideModule(
  side: Side,
  boundary: readonly ValueNumber[],
  boundaryName: (n: ValueNumber) => string,
  numbering: Numbering,
): Module {
  const { root, cone, substitution } = side;
  const inside = new Set(cone);
  const names = new Set<string>();
  const unique = (name: string, n: ValueNumber) => {
    const chosen = names.has(name) ? `${name}.${n}` : name;
    names.add(chosen);
    return chosen;
  };
  const parameters = boundary.map((n, index) => {
    const { shape } = numbering.term(n).instruction;
    const name = unique(boundaryName(n), n);
    return plain({
      id: -1 - index,
      name,
      opcode: 'parameter',
      shape,
      operands: [],
      attrs: { index },
    });
  });
  const idOf = (n: ValueNumber) =>
    (inside.has(n) ? n : -1 - boundary.indexOf(substitution.get(n) ?? n)) as InstructionId;
  const body = cone.map((n) => {
    const { instruction, operands } = numbering.term(n);
    const { opcode, shape, attrs } = instruction;
    const name = unique(side.name(n) ?? instruction.name, n);
    return plain({ id: n, name, opcode, shape, operands: operands.map(idOf), attrs });
  });
  const used =
    boundary.length <= 200 ? parameters : parameters.filter((p) => isUsed(p, body, idOf(root)));
  const entry: Computation = {
    name: 'region',
    instructions: [...used, ...body],
    root: idOf(root),
    extras: {},
  };
  return {
    ...withCallees(entry, cone, numbering),
    name: 'region',
    attributes: {},
    debugTables: '',
  };
}

function isUsed(p: Instruction, body: readonly Instruction[], root: InstructionId): boolean {
  return p.id === root || body.some((i) => i.operands.includes(p.id));
}

function plain(parts: object): Instruction {
  return { extras: {}, controlPredecessors: [], ...parts } as unknown as Instruction;
}

function withCallees(entry: Computation, cone: readonly ValueNumber[], numbering: Numbering) {
  const all = new Map<string, Computation>([[entry.name, entry]]);
  for (const n of cone) {
    const { instruction, module } = numbering.term(n);
    if (calledBy(instruction).length === 0) continue;
    for (const c of module.computations) if (!all.has(c.name)) all.set(c.name, c);
  }
  return { computations: orderComputations(all, entry.name), entry: entry.name };
}
