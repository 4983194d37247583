/**
 * Sampling the next token: temperature, softmax, top-k, top-p, argmax. After the structure of the
 * fault of August 2025: probabilities are kept in one type and computed with in f32, and both the
 * top-p threshold and the candidates that it is held against are read from them, through converts
 * of their own. If one of the two reads is widened, the most probable token can fall below a
 * threshold that was taken from itself. The rounded probabilities are read by nothing else, so that
 * excess precision may skip the rounding.
 */
import { type ComputationBuilder, ModuleBuilder } from '../build/builder.ts';
import type { ElementType } from '../ir/element-type.ts';
import type { Instruction } from '../ir/module.ts';
import { arrayShape } from '../ir/shape.ts';
import {
  alongFirst,
  type Combiners,
  chain,
  combiner,
  combiners,
  compare,
  convert,
  dimsOf,
  element,
  full,
  input,
  iota,
  reduce,
  sliceOf,
} from './basics.ts';
import { softmax } from './layers.ts';
import { model, type ZooModel } from './model.ts';

const dims = { batch: 4, vocabulary: 2048, k: 32 };

/** Probabilities are kept in bf16. */
export const samplingBf16 = sampling('bf16');
/** Probabilities are kept in f32, as they were computed. */
export const samplingF32 = sampling('f32');

function sampling(type: ElementType): ZooModel {
  const summary = `temperature, softmax, top-k, top-p and argmax with ${type} probabilities`;
  return model(`sampling_${type}`, summary, dims, (sizes) => build(type, sizes));
}

interface Called extends Combiners {
  readonly min: string;
  readonly descending: string;
  readonly argmax: string;
}

function build(type: ElementType, { batch, vocabulary, k }: typeof dims) {
  const m = new ModuleBuilder(`sampling_${type}`);
  const called: Called = {
    ...combiners(m, 'f32'),
    min: combiner(m, 'min_f32', 'minimum', 'f32'),
    descending: descending(m),
    argmax: argmax(m),
  };
  return m.entry((b) => {
    const logits = input(b, 'logits', type, [batch, vocabulary], 'scale:4');
    const temperature = input(b, 'temperature', 'f32', [batch], 'range:0.5:1.5');
    const topP = input(b, 'top_p', 'f32', [batch], 'range:0.0625:0.9375');
    const scaled = b.op('divide', [
      narrow(b, logits, 'f32'),
      alongFirst(b, temperature, [batch, vocabulary]),
    ]);
    const probabilities = narrow(b, softmax(b, scaled, called), type);
    const { values, indices } = topK(b, probabilities, k, called);
    const threshold = nucleus(b, values, topP, called);
    const candidates = narrow(b, probabilities, 'f32');
    const chosen = compare(b, candidates, alongFirst(b, threshold, dimsOf(candidates)), 'GE');
    const kept = b.op('select', [chosen, candidates, full(b, 'f32', dimsOf(candidates), 0)]);
    const token = best(b, kept, called);
    const logProbability = reduce(b, chain(b, candidates, 'log'), [1], called.max, -Infinity);
    return b.op('tuple', [
      token,
      reduce(b, kept, [1], called.add, 0),
      threshold,
      narrow(b, values, type),
      indices,
      logProbability,
      candidates,
    ]);
  });
}

/** A convert, or nothing where the type is already that. */
function narrow(b: ComputationBuilder, x: Instruction, type: ElementType): Instruction {
  return x.shape.kind === 'array' && x.shape.type === type ? x : convert(b, x, type);
}

/** The k most probable tokens, in order: probabilities in f32 and indices. */
function topK(b: ComputationBuilder, probabilities: Instruction, k: number, called: Called) {
  const p = narrow(b, probabilities, 'f32');
  const sorted = b.op('sort', [p, iota(b, 's32', dimsOf(p), 1)], {
    dimensions: [1],
    is_stable: true,
    to_apply: called.descending,
  });
  return {
    values: sliceOf(b, element(b, sorted, 0), 1, 0, k),
    indices: sliceOf(b, element(b, sorted, 1), 1, 0, k),
  };
}

/** The least probability of the shortest prefix that holds the mass topP; never less than one. */
function nucleus(b: ComputationBuilder, values: Instruction, topP: Instruction, called: Called) {
  const sizes = dimsOf(values);
  const k = sizes[1]!;
  const base = { stride: 1, windowDilation: 1, baseDilation: 1, reversal: false };
  const window = [
    { ...base, size: 1, padLow: 0, padHigh: 0 },
    { ...base, size: k, padLow: k - 1, padHigh: 0 },
  ];
  const mass = b.op('reduce-window', [values, b.scalar('f32', 0)], {
    window,
    to_apply: called.add,
  });
  const before = b.op('subtract', [mass, values]);
  const inside = compare(b, before, alongFirst(b, topP, sizes), 'LT');
  const outside = full(b, 'f32', sizes, Infinity);
  return reduce(b, b.op('select', [inside, values, outside]), [1], called.min, Infinity);
}

/** Index of the largest element of each row, the first of equals. */
function best(b: ComputationBuilder, x: Instruction, called: Called): Instruction {
  const init = [b.scalar('f32', -Infinity), b.scalar('s32', 0)];
  const both = b.op('reduce', [x, iota(b, 's32', dimsOf(x), 1), ...init], {
    dimensions: [1],
    to_apply: called.argmax,
  });
  return element(b, both, 1);
}

function descending(m: ModuleBuilder): string {
  return m.computation('descending', (b) => {
    const [p, q] = [
      b.parameter('p', arrayShape('f32', [])),
      b.parameter('q', arrayShape('f32', [])),
    ];
    b.parameter('i', arrayShape('s32', []));
    b.parameter('j', arrayShape('s32', []));
    return b.op('compare', [p, q], { direction: 'GT', type: 'TOTALORDER' });
  });
}

/** (value, index) pairs: NaN first, then the larger value, then the smaller index. */
function argmax(m: ModuleBuilder): string {
  return m.computation('argmax', (b) => {
    const [p, i] = [
      b.parameter('p', arrayShape('f32', [])),
      b.parameter('i', arrayShape('s32', [])),
    ];
    const [q, j] = [
      b.parameter('q', arrayShape('f32', [])),
      b.parameter('j', arrayShape('s32', [])),
    ];
    const larger = b.op('or', [compare(b, p, q, 'GT'), compare(b, p, p, 'NE')]);
    const first = b.op('and', [compare(b, p, q, 'EQ'), compare(b, i, j, 'LT')]);
    const index = b.op('select', [b.op('or', [larger, first]), i, j]);
    return b.op('tuple', [b.op('select', [larger, p, q]), index]);
  });
}
