/**
 * Chains of additions or of multiplications, in any order: `(x + y) + z` may be computed as
 * `x + (y + z)`, whose roundings are others. Each op of the exact mode knows only its own rounding;
 * here the top of a chain is given the radii of the sum or product of all its terms (the formulas
 * are those of reductions, see sums.ts).
 */
import { isFloat } from '../../graphs/ir/element-type.ts';
import { sizeOf } from './broadcasting.ts';
import {
  type ChainFigures,
  chainQuantum,
  figuresOfTerm,
  forEachBlock,
  joinedFigures,
} from './chain-figures.ts';
import type { ExactContext } from './context.ts';
import { type Numerics, oracleRoundoff } from './numerics.ts';
import { sumIsExact } from './quantum.ts';
import { gamma, rootSquares } from './radius.ts';
import { sumRadius } from './sums.ts';
import type { ExactTensor, ExactValue } from './value.ts';

type Family = 'sum' | 'product';

const families: Readonly<Partial<Record<string, Family>>> = {
  add: 'sum',
  subtract: 'sum',
  multiply: 'product',
};

/** A chain as it is so far: its terms seen as one sum or product, element by element. */
interface Chain {
  readonly family: Family;
  /** The value with the radii of the order as written. */
  readonly asWritten: ExactTensor;
  readonly terms: number;
  /** Of the terms; for sums only. */
  readonly figures?: ChainFigures;
}

/** An instruction as a chain sees it: what it computes, and from which values. */
export interface ChainLink {
  readonly key: number;
  readonly opcode: string;
  readonly operands: readonly number[];
}

/** The links that stand in a chain of at least two ops, by key. */
export type ChainLinks = ReadonlyMap<number, ChainLink>;

/** Finds them among instructions in order: ops of one family that read one another. */
export function chainLinks(links: Iterable<ChainLink>): ChainLinks {
  const candidates = new Map<number, ChainLink>();
  const found = new Map<number, ChainLink>();
  for (const link of links) {
    const family = families[link.opcode];
    if (!family) continue;
    candidates.set(link.key, link);
    for (const o of link.operands) {
      const below = candidates.get(o);
      if (!below || families[below.opcode] !== family) continue;
      found.set(o, below);
      found.set(link.key, link);
    }
  }
  return found;
}

/** Follows the chains of one run of the exact mode. */
export class AnyOrder {
  private readonly chains = new Map<number, Chain>();
  private readonly links: ChainLinks;

  constructor(links: ChainLinks) {
    this.links = links;
  }

  /** What an op is to read of an operand: inside a chain, the radii of the order as written. */
  operand(of: number, from: number, value: ExactValue): ExactValue {
    const chain = this.chains.get(from);
    return chain && chain.family === this.familyOf(of) ? chain.asWritten : value;
  }

  /** The value of a link as it came out of its rule, with radii for any order of its chain. */
  widened(key: number, value: ExactValue, context: ExactContext, read: Read): ExactValue {
    const link = this.links.get(key);
    const family = this.familyOf(key);
    if (!link || !family) return value;
    if (value.kind !== 'tensor' || !isFloat(value.shape.type)) return value;
    const chain = this.extend(family, link, value, read);
    if (!chain) return value;
    this.chains.set(key, chain);
    return chain.terms < 3 ? value : withRadii(chain, context.numerics(value.shape.type));
  }

  forget(key: number): void {
    this.chains.delete(key);
  }

  private familyOf(key: number): Family | undefined {
    const link = this.links.get(key);
    return link && families[link.opcode];
  }

  private extend(
    family: Family,
    { operands }: ChainLink,
    asWritten: ExactTensor,
    read: Read,
  ): Chain | undefined {
    const parts = operands.map((o) => {
      const known = this.chains.get(o);
      return known?.family === family ? known : leafChain(family, read(o));
    });
    const [a, b] = parts;
    const n = sizeOf(asWritten);
    if (!a || !b || [a, b].some((p) => ![1, n].includes(sizeOf(p.asWritten)))) return undefined;
    const terms = operands[0] === operands[1] ? a.terms + 1 : a.terms + b.terms;
    if (!a.figures || !b.figures) return { family, asWritten, terms };
    return { family, asWritten, terms, figures: joinedFigures(a.figures, b.figures, n) };
  }
}

type Read = (key: number) => ExactValue;

function leafChain(family: Family, value: ExactValue): Chain | undefined {
  if (value.kind !== 'tensor') return undefined;
  const leaf = { family, asWritten: value, terms: 1 };
  if (family === 'product') return leaf;
  return { ...leaf, figures: figuresOfTerm(value) };
}

/** Radii of the roundings of all orders on top of those of the order as written. */
function withRadii(
  { family, asWritten: t, figures, terms }: Chain,
  numerics: Numerics,
): ExactTensor {
  if (family === 'product' && !t.worst) return t;
  const worst = t.worst?.slice() ?? new Float64Array(t.data.length);
  const likely = t.likely?.slice() ?? new Float64Array(t.data.length);
  const changed = figures
    ? widenSums(t, figures, terms, numerics, worst, likely)
    : widenProducts(t, terms, numerics, worst, likely);
  return changed ? { ...t, worst, likely } : t;
}

function widenSums(
  t: ExactTensor,
  figures: ChainFigures,
  terms: number,
  { u, precision, lambda, flushBelow }: Numerics,
  worst: Float64Array,
  likely: Float64Array,
): boolean {
  let changed = false;
  const v = t.data as Float64Array;
  const fold = gamma(terms - 1, u);
  forEachBlock(figures, v.length, (from, to, size, squares) => {
    for (let i = from; i < to; i++) {
      const total = size[i - from];
      if (!(total < Infinity)) continue;
      if (worst[i] === 0 && sumIsExact(total, chainQuantum(figures, i), precision)) continue;
      const own = terms * (oracleRoundoff * total + flushBelow);
      worst[i] += fold * total + own;
      const fresh = sumRadius(u, terms, v[i], squares[i - from], 0, 0, lambda) + own;
      likely[i] = rootSquares(likely[i], fresh);
      changed = true;
    }
  });
  return changed;
}

/** A product without a radius is representable, and so is then every product of some factors. */
function widenProducts(
  t: ExactTensor,
  terms: number,
  { u }: Numerics,
  worst: Float64Array,
  likely: Float64Array,
): boolean {
  let changed = false;
  const v = t.data as Float64Array;
  const fold = gamma(terms - 1, u);
  const typical = Math.sqrt(terms - 1) * u;
  for (let i = 0; i < v.length; i++) {
    const size = Math.abs(v[i]);
    if (worst[i] === 0 || !(size < Infinity)) continue;
    worst[i] += fold * size;
    likely[i] = rootSquares(likely[i], typical * size);
    changed = true;
  }
  return changed;
}
