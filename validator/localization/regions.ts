/**
 * Regions: what a pass changed, cut out. Starting from the roots, pairs of values (before, after)
 * that must correspond are followed down: the same number needs nothing; the same op over
 * corresponding operands follows by induction; anything else becomes a region, bounded by values
 * that both sides have or that other correspondences answer for.
 */

import { type Contract, stronger, weaker } from '../../graphs/ir/contract.ts';
import { entryOf, parametersOf } from '../../graphs/ir/module.ts';
import { sameShape } from '../../graphs/ir/shape.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import { actsOf, matchActs } from '../../graphs/value-graph/acts.ts';
import type {
  Numbering,
  ValueDefinition,
  ValueNumber,
} from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import { type Correspondence, type Correspondences, compatible } from './correspondences.ts';
import { addOpaqueCalls, isOpaqueCall } from './uninterpreted-calls.ts';

/** A changed region: two small graphs over the same boundary, each with one output. */
export interface Region {
  readonly before: ValueNumber;
  readonly after: ValueNumber;
  /** Numbers to run on each side, operands first; boundary values are not among them. */
  readonly beforeCone: readonly ValueNumber[];
  readonly afterCone: readonly ValueNumber[];
  /** Boundary values of the after side that stand for a before value: after → before. */
  readonly substitution: ReadonlyMap<ValueNumber, ValueNumber>;
  readonly contract: Contract;
  /** True if it hangs on an inferred correspondence. */
  readonly inferred: boolean;
  /** The act on the world outside that is given its value, where it is judged for that. */
  readonly sentBy?: ValueNumber;
}

/** The regions between two graphs. */
export interface Cut {
  readonly regions: readonly Region[];
  /** What is wrong with the modules as wholes: a result of another shape, an effect lost. */
  readonly broken: readonly string[];
  /** Pairs that correspond, including those that follow by induction: after → before. */
  readonly corresponds: ReadonlyMap<ValueNumber, ValueNumber>;
}

/** What is cut, and what is known of it. */
export interface CutInput {
  readonly before: ValueGraph;
  readonly after: ValueGraph;
  readonly numbering: Numbering;
  readonly correspondences: Correspondences;
  /** Contract of the pass. */
  readonly contract: Contract;
  /** Whether operands of the same op at the same place may be taken to correspond. */
  readonly infer: boolean;
}

interface Pair {
  readonly before: ValueNumber;
  readonly after: ValueNumber;
  readonly contract: Contract;
  readonly inferred: boolean;
  readonly sentBy?: ValueNumber;
}

/** Cuts the changed regions out of a transition. */
export function cutRegions(input: CutInput): Cut {
  const { after } = input;
  addOpaqueCalls(input.correspondences, input.before, after, input.numbering);
  const { pairs, broken } = endPoints(input);
  const regions: Region[] = [];
  const corresponds = new Map<ValueNumber, ValueNumber>();
  const seen = new Set<string>();
  const pending = pairs;
  for (let pair = pending.pop(); pair; pair = pending.pop()) {
    const key = `${pair.before}:${pair.after}`;
    if (pair.before === pair.after || seen.has(key)) continue;
    seen.add(key);
    if (!corresponds.has(pair.after)) corresponds.set(pair.after, pair.before);
    const operands = byInduction(pair, input);
    if (operands) {
      pending.push(...operands);
      continue;
    }
    const region = regionOf(pair, input);
    regions.push(region);
    for (const [a, b] of region.substitution)
      pending.push(pairOf(input.correspondences.between(b, a)!, input));
  }
  return { regions: sorted(regions, after), corresponds, broken };
}

/** The pairs that must correspond whatever the pass did: the results, and what acts outside. */
function endPoints(input: CutInput) {
  const { before, after, numbering, contract } = input;
  const broken = parametersChanged(before, after);
  const pairs: Pair[] = [];
  if (broken.length) return { pairs, broken };
  const demand = (b: ValueNumber, a: ValueNumber, what: string) => {
    if (compatible({ before: b, after: a }, numbering)) {
      pairs.push({ before: b, after: a, contract, inferred: false });
    } else broken.push(`${what} has another shape after the pass`);
  };
  demand(before.root, after.root, 'the result');
  for (const [b, a] of pairedActs(input))
    pairs.push({ before: b, after: a, contract, inferred: false });
  return { pairs, broken };
}

/**
 * Acts on the world outside that correspond: what they are given has to. Those of a loop or branch are
 * judged by their traces, but where both sides have as many, their values correspond as well.
 */
function pairedActs({
  before,
  after,
  numbering,
  correspondences,
}: CutInput): [ValueNumber, ValueNumber][] {
  if (before.effects.length === 0 || after.effects.length === 0) return [];
  const { pairs } = matchActs(actsOf(before, numbering), actsOf(after, numbering));
  return pairs.flatMap(([b, a]): [ValueNumber, ValueNumber][] => {
    const pair = { before: b.number, after: a.number };
    if (b.number === a.number || !compatible(pair, numbering)) return [];
    if (!a.isCompound) correspondences.settle(pair);
    return [[b.number, a.number]];
  });
}

/** A pass may leave a parameter unused, but not add, drop or reshape one. */
function parametersChanged(before: ValueGraph, after: ValueGraph): string[] {
  const [b, a] = [before, after].map(({ module }) => parametersOf(entryOf(module)));
  if (b!.length !== a!.length) {
    return [`parameters: ${b!.length} before the pass, ${a!.length} after it`];
  }
  const other = b!.findIndex((p, n) => !sameShape(p.shape, a![n]!.shape));
  return other < 0 ? [] : [`parameter ${other} has another shape after the pass`];
}

/** The operand pairs from which this pair follows, if it does. */
function byInduction(pair: Pair, input: CutInput): Pair[] | undefined {
  const { numbering, correspondences } = input;
  const b = numbering.term(pair.before);
  const a = numbering.term(pair.after);
  const acts = isPlainAct(pair, input);
  if (!acts && (b.local !== a.local || b.operands.length !== a.operands.length)) return undefined;
  if (b.operands.length === 0) return undefined;
  const strict = a.instruction.opcode === 'tuple' || isOpaqueCall(a) || acts;
  if (input.infer) inferOperands(b, a, input);
  const isRefuted = (from: ValueNumber, to: ValueNumber) =>
    pair.inferred && correspondences.isDropped({ before: from, after: to });
  const pairs: Pair[] = [];
  for (const [n, before] of b.operands.entries()) {
    const after = a.operands[n]!;
    if (before === after || orders(before, numbering)) continue;
    const correspondence = correspondences.between(before, after);
    if (correspondence) pairs.push(pairOf(correspondence, input));
    else if (strict && compatible({ before, after }, numbering) && !isRefuted(before, after)) {
      const { contract, inferred } = pair;
      pairs.push({ before, after, contract, inferred, ...(acts && { sentBy: pair.after }) });
    } else return undefined;
  }
  return pairs;
}

/** What acts outside cannot be run: it corresponds where all that it is given does. */
function isPlainAct(
  { before, after }: Pair,
  { before: b, after: a, numbering }: CutInput,
): boolean {
  const acts = b.effects.includes(before) && a.effects.includes(after);
  if (!acts) return false;
  const [was, is] = [numbering.term(before), numbering.term(after)];
  const isAlike = was.instruction.opcode === is.instruction.opcode;
  const isPlain = is.instruction.opcode === 'custom-call' || calledBy(is.instruction).length === 0;
  return isAlike && isPlain && was.operands.length === is.operands.length;
}

/** Tokens have no value; the order that they give is no matter of a region. */
function orders(n: ValueNumber, numbering: Numbering): boolean {
  return numbering.term(n).instruction.shape.kind === 'token';
}

/** In a dump, operands of the same op are taken to correspond where they are the same op again. */
function inferOperands(
  b: ValueDefinition,
  a: ValueDefinition,
  { numbering, correspondences, before, after }: CutInput,
): void {
  for (const [n, from] of b.operands.entries()) {
    const to = a.operands[n]!;
    if (from === to || before.position.has(to) || after.position.has(from)) continue;
    const pair = { before: from, after: to };
    if (numbering.term(from).local === numbering.term(to).local && compatible(pair, numbering)) {
      correspondences.add({ ...pair, inferred: true });
    }
  }
}

/** A correspondence as a pair. A single rewrite may promise more than its pass, never less. */
function pairOf(correspondence: Correspondence, { contract }: CutInput): Pair {
  const { before, after, inferred } = correspondence;
  return {
    before,
    after,
    inferred,
    contract: stronger(correspondence.contract ?? contract, contract),
  };
}

/** Times that a boundary is moved down before it is left where it is. */
const maxMoves = 8;

/**
 * The region of a pair. A value that both sides have bounds it, unless a side computes anew what that
 * value is made of: then its roundings may differ from use to use, and the region reaches behind it.
 */
function regionOf(pair: Pair, input: CutInput): Region {
  const behind = new Set<ValueNumber>();
  let sides = sidesOf(pair, input, behind);
  for (let move = 0; move < maxMoves; move++) {
    const more = sharedWithin(sides, pair, input);
    if (more.length === 0) break;
    for (const n of more) behind.add(n);
    sides = sidesOf(pair, input, behind);
  }
  const { beforeCone, afterCone, substitution } = sides;
  const inside = beforeCone
    .flatMap((n) => input.correspondences.from(n))
    .map((c) => pairOf(c, input).contract);
  const contract = inside.reduce(weaker, pair.contract);
  return { ...pair, contract, beforeCone, afterCone, substitution };
}

interface ConeSides extends Pick<Region, 'beforeCone' | 'afterCone' | 'substitution'> {
  /** Numbers of the before side at which the after side stops. */
  readonly boundary: ReadonlySet<ValueNumber>;
}

/** Both sides down to values that both have or that correspondences answer for, but for those looked behind. */
function sidesOf(pair: Pair, input: CutInput, behind: ReadonlySet<ValueNumber>): ConeSides {
  const { before, after, numbering, correspondences } = input;
  const substitution = new Map<ValueNumber, ValueNumber>();
  const boundary = new Set<ValueNumber>();
  const afterCone = cone(pair.after, after, numbering, (n) => {
    if (before.position.has(n)) {
      if (behind.has(n)) return false;
      boundary.add(n);
      return true;
    }
    const partner = correspondences.of(n)[0]?.before;
    const isOther = partner !== pair.before && isOpaqueCall(numbering.term(n));
    if (partner === undefined || (n === pair.after && !isOther)) return false;
    if (behind.has(partner) && !isOther) return false;
    substitution.set(n, partner);
    boundary.add(partner);
    return true;
  });
  const descends = descendants(before, numbering, boundary);
  const beforeCone = cone(pair.before, before, numbering, (n) => {
    if (n === pair.before || behind.has(n)) return false;
    if (boundary.has(n)) return true;
    return (after.position.has(n) || correspondences.covers(n)) && !descends(n);
  });
  return { beforeCone, afterCone, substitution, boundary };
}

/**
 * Boundary values that depend on what the side before computes inside the region, or on boundary
 * values that only the side after reads: it may compute them anew. It does where it has the same op
 * over the same values, conversions aside.
 */
function sharedWithin(
  { beforeCone, afterCone, boundary }: ConeSides,
  pair: Pair,
  { before, numbering }: CutInput,
): ValueNumber[] {
  const inside = new Set(beforeCone);
  const read = new Set(beforeCone.flatMap((n) => numbering.term(n).operands));
  const anew = new Set([...boundary].filter((n) => !read.has(n) && n !== pair.before));
  for (const n of inside) if (n !== pair.before) anew.add(n);
  const depends = descendants(before, numbering, anew);
  const made = new Set(afterCone.map((n) => unconverted(n, numbering)));
  return [...boundary].filter((n) => {
    const term = numbering.term(n);
    if (anew.has(n) || term.operands.length === 0 || isOpaqueCall(term)) return false;
    const own = unconverted(n, numbering);
    return depends(n) || (own !== '' && made.has(own));
  });
}

/** An op and the values that it is over, their conversions seen through; empty for a conversion. */
function unconverted(n: ValueNumber, numbering: Numbering): string {
  const { instruction, operands } = numbering.term(n);
  if (instruction.opcode === 'convert') return '';
  const from = operands.map((o) => {
    let at = o;
    for (let term = numbering.term(at); term.instruction.opcode === 'convert'; ) {
      at = term.operands[0]!;
      term = numbering.term(at);
    }
    return at;
  });
  return `${instruction.opcode}(${from})`;
}

/** Numbers that `from` depends on down to where `stop` holds, operands first. */
function cone(
  from: ValueNumber,
  valueGraph: ValueGraph,
  numbering: Numbering,
  stop: (n: ValueNumber) => boolean,
): ValueNumber[] {
  const inside = new Set<ValueNumber>();
  const outside = new Set<ValueNumber>();
  const pending = [from];
  for (let n = pending.pop(); n !== undefined; n = pending.pop()) {
    if (inside.has(n) || outside.has(n)) continue;
    if (stop(n)) {
      outside.add(n);
      continue;
    }
    inside.add(n);
    pending.push(...numbering.term(n).operands);
  }
  return [...inside].sort((x, y) => valueGraph.position.get(x)! - valueGraph.position.get(y)!);
}

/** Values looked at for one region before it counts as independent of its boundary. */
const maxSearch = 4000;

/**
 * Whether a number depends on one of the targets; looks no further down than they lie, nearest
 * values first, and not for ever. A value that both sides have but that lies above the boundary is
 * looked behind: a rounding that the pass may skip can stand between the two.
 */
function descendants(
  valueGraph: ValueGraph,
  numbering: Numbering,
  targets: ReadonlySet<ValueNumber>,
): (n: ValueNumber) => boolean {
  let lowest = Infinity;
  for (const t of targets) lowest = Math.min(lowest, valueGraph.position.get(t) ?? Infinity);
  const refuted = new Set<ValueNumber>();
  let left = maxSearch;
  return (start) => {
    const queue = new Set([start]);
    for (const n of queue) {
      if (targets.has(n)) return true;
      if (left-- <= 0) return false;
      if (valueGraph.position.get(n)! <= lowest) continue;
      for (const o of numbering.term(n).operands) if (!refuted.has(o)) queue.add(o);
    }
    for (const n of queue) refuted.add(n);
    return false;
  };
}

function sorted(regions: Region[], after: ValueGraph): Region[] {
  const at = (r: Region) => after.position.get(r.after) ?? 0;
  return regions.sort((x, y) => at(x) - at(y));
}
