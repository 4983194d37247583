/**
 * Figures of chains of additions: what is added up block by block, and kept where a chain is long, is
 * what the terms of each element come to one by one. The terms are integers, so that every order of
 * adding them gives the same.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { entryOf } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import type { ExactTensor } from '../../../validator/exact/core/value.ts';
import { exactInstruction, makeExactContext } from '../../../validator/exact/run.ts';
import {
  type ChainMoments,
  chainQuantum,
  forEachBlock,
  joinedMoments,
  momentsOfTerm,
} from '../../../validator/exact/sums/chain-moments.ts';
import { randomUniform } from '../../../validator/reference/scalars/rounding-policy.ts';

const [rows, columns] = [40, 50];
const n = rows * columns;

const kinds = ['elements', 'scalar', 'by row', 'by column'] as const;
const sources = { elements: [rows, columns], scalar: [], 'by row': [rows], 'by column': [columns] };
const maps = { scalar: '', 'by row': '0', 'by column': '1' };

/** A term, as it is handed on and element by element. */
function term(kind: (typeof kinds)[number], seed: number): [ExactTensor, (i: number) => number] {
  const uniform = randomUniform(seed);
  const dims = sources[kind];
  const count = dims.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: count }, () => Math.round((uniform() - 0.5) * 64));
  const t: ExactTensor = { kind: 'tensor', shape: arrayShape('f32', dims), data };
  if (kind === 'elements') return [t, (i) => data[i]!];
  if (kind === 'scalar') return [t, () => data[0]!];
  const module = parseModule(`HloModule m\nENTRY e { p = f32[${dims}] parameter(0)
    ROOT b = f32[${rows},${columns}] broadcast(p), dimensions={${maps[kind]}} }`);
  const repeated = exactInstruction(
    entryOf(module).instructions[1]!,
    [t],
    makeExactContext(module),
  );
  const at = (i: number) => (kind === 'by row' ? Math.floor(i / columns) : i % columns);
  return [repeated as ExactTensor, (i) => data[at(i)]!];
}

const terms = fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat()), {
  minLength: 1,
  maxLength: 24,
});

/** Joined two by two, one after another, or in between: `split` says where a group is cut in two. */
function joined(leaves: readonly ChainMoments[], split: number): ChainMoments {
  if (leaves.length === 1) return leaves[0]!;
  const at = 1 + Math.floor(split * (leaves.length - 1));
  return joinedMoments(joined(leaves.slice(0, at), split), joined(leaves.slice(at), split), n);
}

it('figures of a chain are those of its terms', () => {
  const isLong = { seen: false };
  fc.assert(
    fc.property(terms, fc.constantFrom(0, 0.5, 0.999), (drawn, split) => {
      const all = drawn.map(([kind, seed]) => term(kind, seed));
      const moments = joined(
        all.map(([t]) => momentsOfTerm(t)),
        split,
      );
      isLong.seen ||= moments.length < drawn.length;
      const sum = (i: number, f: (x: number) => number) =>
        all.reduce((s, [, at]) => s + f(at(i)), 0);
      const [sizes, squares] = [new Float64Array(n), new Float64Array(n)];
      forEachBlock(moments, n, (block, from, to) => {
        for (let i = from; i < to; i++)
          [sizes[i], squares[i]] = [block.size[i - from]!, block.squares[i - from]!];
      });
      const each = (f: (i: number) => number) => Float64Array.from({ length: n }, (_, i) => f(i));
      expect(sizes).toEqual(each((i) => sum(i, Math.abs)));
      expect(squares).toEqual(each((i) => sum(i, (x) => x * x)));
      const i = n - 7;
      const quanta = all.map(([, at]) => (at(i) === 0 ? Infinity : at(i) & -at(i)));
      expect(chainQuantum(moments, i)).toBe(Math.min(...quanta.map(Math.abs)));
    }),
    { numRuns: 40 },
  );
  expect(isLong.seen).toBe(true);
});
