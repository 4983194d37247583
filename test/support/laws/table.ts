/**
 * What the laws know of every opcode: how to draw instances, and what holds of their radii. A mapped
 * type: a forgotten op does not compile.
 */
import type { Opcode } from '../../../graphs/ops/table.ts';
import type { Generate, Instance } from '../../cross/gen.ts';
import { Gen } from '../../cross/gen.ts';
import { generators } from '../../cross/generators.ts';
import * as more from './instances.ts';
import { retyped } from './narrow-types.ts';

/**
 * moves: data only goes elsewhere, with its radii; selects: no rounding of its own, on numbers that no
 * target takes for zero; linear: exact on lattices; rounds: nothing more is known.
 */
export type Kind = 'moves' | 'selects' | 'linear' | 'rounds';

export interface Drawn {
  readonly kind: Kind;
  /** Drawn besides the instances of test/cross, or instead where it has none. */
  readonly more?: readonly Generate[];
}

/** A row, or why there is nothing to evaluate. */
export type LawRow = Drawn | { readonly none: string };

const moves: Drawn = { kind: 'moves' };
const selects: Drawn = { kind: 'selects' };
const linear: Drawn = { kind: 'linear' };
const rounds: Drawn = { kind: 'rounds' };
const sizes = { none: 'sizes that are values of the run have laws of their own' };
const host = { none: 'it talks to the host or another device' };
const random = { none: 'its values depend on the target and on what ran before' };
const movesBy = (...generate: Generate[]): Drawn => ({ kind: 'moves', more: generate });

export const lawTable: { readonly [O in Opcode]: LawRow } = {
  abs: rounds,
  acos: rounds,
  acosh: rounds,
  asin: rounds,
  asinh: rounds,
  atanh: rounds,
  cbrt: rounds,
  ceil: selects,
  cosine: rounds,
  cosh: rounds,
  'count-leading-zeros': selects,
  erf: rounds,
  exponential: rounds,
  'exponential-minus-one': rounds,
  floor: selects,
  imag: moves,
  'is-finite': selects,
  log: rounds,
  'log-plus-one': rounds,
  logistic: rounds,
  negate: selects,
  not: selects,
  popcnt: selects,
  real: moves,
  'round-nearest-afz': selects,
  'round-nearest-even': selects,
  rsqrt: rounds,
  sign: rounds,
  sine: rounds,
  sinh: rounds,
  sqrt: rounds,
  tan: rounds,
  tanh: rounds,
  add: linear,
  and: selects,
  atan2: rounds,
  complex: moves,
  divide: rounds,
  maximum: selects,
  minimum: selects,
  multiply: linear,
  or: selects,
  power: rounds,
  remainder: selects,
  'shift-left': selects,
  'shift-right-arithmetic': selects,
  'shift-right-logical': selects,
  subtract: linear,
  xor: selects,
  compare: selects,
  select: moves,
  clamp: selects,
  convert: rounds,
  'reduce-precision': rounds,
  'stochastic-convert': rounds,
  bitcast: moves,
  'bitcast-convert': selects,
  broadcast: moves,
  concatenate: moves,
  copy: moves,
  'dynamic-reshape': sizes,
  'dynamic-slice': moves,
  'dynamic-update-slice': moves,
  gather: { kind: 'moves', more: [more.gatherByFloats] },
  'get-dimension-size': selects,
  iota: selects,
  pad: moves,
  reshape: moves,
  reverse: moves,
  'set-dimension-size': sizes,
  slice: moves,
  transpose: moves,
  map: linear,
  reduce: { kind: 'linear', more: [more.momentSums, more.roundedSums] },
  'reduce-window': linear,
  scatter: linear,
  'select-and-scatter': linear,
  sort: { kind: 'rounds', more: [more.sortByTwo] },
  topk: selects,
  dot: { kind: 'linear', more: [more.dotByAlgorithm] },
  'ragged-dot': linear,
  'scaled-dot': linear,
  convolution: linear,
  fft: rounds,
  cholesky: rounds,
  'triangular-solve': rounds,
  'batch-norm-training': rounds,
  'batch-norm-inference': rounds,
  'batch-norm-grad': rounds,
  parameter: moves,
  constant: selects,
  tuple: moves,
  'get-tuple-element': moves,
  call: linear,
  fusion: linear,
  while: { kind: 'linear', more: [more.whileOnFloat] },
  conditional: { kind: 'linear', more: [more.conditionalOnFloat] },
  'custom-call': { kind: 'selects', more: [more.customCall] },
  domain: movesBy(more.domain),
  'opt-barrier': moves,
  'after-all': moves,
  'add-dependency': moves,
  rng: random,
  'rng-bit-generator': selects,
  'rng-get-and-update-state': random,
  'all-gather': moves,
  'all-gather-start': movesBy(more.allGatherPair),
  'all-gather-done': movesBy(more.allGatherPair),
  'all-reduce': moves,
  'all-reduce-start': movesBy(more.allReducePair),
  'all-reduce-done': movesBy(more.allReducePair),
  'reduce-scatter': moves,
  'all-to-all': moves,
  'ragged-all-to-all': movesBy(more.raggedExchange),
  'collective-broadcast': moves,
  'collective-permute': moves,
  'collective-permute-start': movesBy(more.permutePair),
  'collective-permute-done': movesBy(more.permutePair),
  'partition-id': selects,
  'replica-id': selects,
  send: host,
  'send-done': host,
  recv: host,
  'recv-done': host,
  infeed: host,
  outfeed: host,
  'copy-start': movesBy(more.copyPair),
  'copy-done': movesBy(more.copyPair),
  'async-start': { kind: 'linear', more: [more.asyncCall] },
  'async-update': { kind: 'linear', more: [more.asyncCall] },
  'async-done': { kind: 'linear', more: [more.asyncCall] },
};

/** Instance `index` of an opcode that the table draws; a third of those on f8 in other narrow types. */
export function lawInstance(seed: number, opcode: Opcode, index: number): Instance {
  const row = lawTable[opcode];
  if ('none' in row) throw new RangeError(`${opcode}: ${row.none}`);
  const cross = generators[opcode];
  const own = row.more ?? [];
  const choices = typeof cross === 'function' ? [cross, ...own] : own;
  const turn = typeof cross === 'function' && index % 4 !== 3 ? 0 : index;
  const instance = choices[turn % choices.length](new Gen(seed, opcode, index));
  return retyped(instance, seed + index);
}
