/**
 * Custom calls that programs with open sizes are exported with: assertions on sizes, and ops whose
 * sizes are operands. They mean something once the sizes are known.
 */
import { tupleShape } from '../../../ir/shape.ts';
import type { LoweringRows, OpContext } from './op-context.ts';
import { rngAlgorithm } from './rng.ts';
import { windowOf } from './rows-reduction.ts';
import { knownInts, numbersOf } from './shape-values.ts';

/** The sizes that the user gave must be those that the program takes. */
function assertion(o: OpContext) {
  const [holds] = numbersOf(o.scope, o.x()) ?? [];
  if (holds !== 0) return [];
  const found = o.attr('error_message');
  const text = found?.kind === 'string' ? found.value : 'the sizes do not fit';
  const values = o.operands.slice(1).map((x) => numbersOf(o.scope, x)?.join() ?? '?');
  return o.fail(
    'refine',
    text.replace(/\{(\d+)\}/g, (all, k) => values[Number(k)] ?? all),
  );
}

/** Inputs, initial values, then sizes, strides, dilations and padding of the window. */
function reduceWindow(o: OpContext) {
  const count = (o.operands.length - 5) / 2;
  if (!Number.isInteger(count)) o.fail('operands', 'as many inputs as initial values are needed');
  const [sizes, strides, base, window, padding] = [0, 1, 2, 3, 4].map((k) =>
    knownInts(o, 2 * count + k),
  );
  const called = o.attr('called_computations');
  const [item] = called?.kind === 'array' ? called.items : [];
  if (item?.kind !== 'symbol') return o.fail('attribute', 'called_computations is malformed');
  const to_apply = o.scope.program.declaredCallee(item.value, o.op.position);
  const parts = { strides: strides!, base: base!, window: window!, padding: padding! };
  const attrs = { window: windowOf(sizes!, parts), to_apply };
  return o.untuple(o.emit('reduce-window', o.operands.slice(0, 2 * count), attrs));
}

function randomBits(o: OpContext) {
  const state = o.shape(0);
  const { type } = o.resultType(1);
  const bits = { kind: 'array', type, dims: knownInts(o, 1) } as const;
  const algorithm = rngAlgorithm(o);
  const shape = tupleShape([state, bits]);
  return o.untuple(o.emit('rng-bit-generator', [o.x()], { algorithm }, { shape }));
}

function topK(o: OpContext) {
  const [k] = knownInts(o, 1);
  return o.untuple(o.emit('topk', [o.x()], { k: k!, largest: true }));
}

/** By target. */
export const shapeCalls: LoweringRows = {
  shape_assertion: assertion,
  'stablehlo.dynamic_reduce_window': reduceWindow,
  'stablehlo.dynamic_rng_bit_generator': randomBits,
  'stablehlo.dynamic_top_k': topK,
  'stablehlo.shape_refinement_operand_wrapper': (o) => o.x(),
};
