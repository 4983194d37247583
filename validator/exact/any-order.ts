/**
 * Chains of additions or of multiplications, in any order: `(x + y) + z` may be computed as
 * `x + (y + z)`, whose roundings are others. Each op of the exact mode knows only its own rounding;
 * here the top of a chain is given the radii of the sum or product of all its terms (the formulas
 * are those of reductions, see sums.ts).
 */
import { isFloat } from '../../graphs/ir/element-type.ts';
import type { ExactContext } from './context.ts';
import { type Numerics, oracleRoundoff } from './numerics.ts';
import { quantumOf, sumIsExact } from './quantum.ts';
import { gamma, worstAt } from './radius.ts';
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
  /** Σ|x|, Σx² and the common quantum of the terms; for sums only. */
  readonly size?: Float64Array;
  readonly squares?: Float64Array;
  readonly quantum?: Float64Array;
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
    const n = asWritten.data.length;
    if (!a || !b || [a, b].some((p) => ![1, n].includes(p.asWritten.data.length))) return undefined;
    const terms = operands[0] === operands[1] ? a.terms + 1 : a.terms + b.terms;
    if (family === 'product' || !a.size || !b.size) return { family, asWritten, terms };
    return {
      ...{ family, asWritten, terms },
      size: joined(a.size, b.size, n, (x, y) => x + y),
      squares: joined(a.squares!, b.squares!, n, (x, y) => x + y),
      quantum: joined(a.quantum!, b.quantum!, n, Math.min),
    };
  }
}

/** Element by element; one of a single element stands for all n. */
function joined(
  a: Float64Array,
  b: Float64Array,
  n: number,
  f: (x: number, y: number) => number,
): Float64Array {
  const [stepA, stepB] = [a, b].map((x) => (x.length === n ? 1 : 0));
  return Float64Array.from({ length: n }, (_, i) => f(a[i * stepA!]!, b[i * stepB!]!));
}

type Read = (key: number) => ExactValue;

function leafChain(family: Family, value: ExactValue): Chain | undefined {
  if (value.kind !== 'tensor') return undefined;
  const leaf = { family, asWritten: value, terms: 1 };
  if (family === 'product') return leaf;
  const x = Float64Array.from(value.data as Float64Array);
  return {
    ...leaf,
    size: x.map(Math.abs),
    squares: x.map((v) => v * v),
    quantum: x.map((v) => quantumOf(v)),
  };
}

function withRadii(chain: Chain, numerics: Numerics): ExactTensor {
  const { asWritten: t } = chain;
  const radius = chain.family === 'sum' ? ofSum(chain, numerics) : ofProduct(chain, numerics);
  const worst = new Float64Array(t.data.length);
  const likely = new Float64Array(t.data.length);
  for (let i = 0; i < worst.length; i++) {
    const [w, l] = radius(i, t.data[i] as number);
    worst[i] = worstAt(t, i) + w;
    likely[i] = Math.hypot(t.likely?.[i] ?? 0, l);
  }
  return { ...t, worst, likely };
}

/** Worst and likely radius of the roundings of element i, whose value is v. */
type Radius = (i: number, v: number) => readonly [number, number];

const none = [0, 0] as const;

function ofSum({ terms, size, squares, quantum, asWritten }: Chain, numerics: Numerics): Radius {
  const { u, precision, lambda, flushBelow } = numerics;
  return (i, v) => {
    const total = size![i]!;
    const certain = worstAt(asWritten, i) === 0;
    const fits = certain && sumIsExact(total, quantum![i]!, precision);
    if (fits || !(total < Infinity)) return none;
    const own = terms * (oracleRoundoff * total + flushBelow);
    const likely = sumRadius(u, terms, v, squares![i]!, 0, 0, lambda);
    return [gamma(terms - 1, u) * total + own, likely + own];
  };
}

/** A product without a radius is representable, and so is then every product of some factors. */
function ofProduct({ terms, asWritten }: Chain, { u }: Numerics): Radius {
  return (i, v) => {
    const size = Math.abs(v);
    if (worstAt(asWritten, i) === 0 || !(size < Infinity)) return none;
    return [gamma(terms - 1, u) * size, Math.sqrt(terms - 1) * u * size];
  };
}
