/**
 * Sums of updates at their targets: the operand's element is the first term of each. What no update
 * goes to stays as it is, denormals included: it is only moved.
 */
import type { ScatterGroups } from '../../semantics/indexing/scatter-groups.ts';
import { exactTensor } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import type { Numerics } from '../core/numerics.ts';
import { arithmeticOperand } from '../core/operand-flush.ts';
import { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { BatchedSums } from './batched-sums.ts';

/** operand[t] + Σ of the updates of the group of t. Float tensors. */
export function sumUpdates(
  operand: ExactTensor,
  updates: ExactTensor,
  groups: ScatterGroups,
  context: ExactContext,
): ExactTensor {
  const numerics = context.numerics(operand.shape.type);
  const a = arithmeticOperand(operand, context);
  let sums = numerics.narrow ? undefined : summed(a, updates, groups, numerics);
  if (!sums || sums.metDenormal) {
    sums = summed(a, arithmeticOperand(updates, context), groups, numerics);
  }
  return withUntouched(sums.tensor, operand, sums.touched);
}

interface Sums {
  readonly tensor: ExactTensor;
  /** 1 for each element that has a sum. */
  readonly touched: Uint8Array;
  /** An update is so small that arithmetic may take it for zero. */
  readonly metDenormal: boolean;
}

function summed(
  operand: ExactTensor,
  updates: ExactTensor,
  { starts, window, first: firstOf, rows }: ScatterGroups,
  numerics: Numerics,
): Sums {
  const x = operand.data as Float64Array;
  const results = new ResultBuilder(x.length, numerics);
  const touched = new Uint8Array(x.length);
  const terms = updates.data.length;
  const source = { t: updates, first: operand, opensWithTerm: true, rows, sums: x.length, terms };
  const sums = new BatchedSums(source, { results, numerics, linear: true });
  for (let g = 0; g < starts.length; g++) {
    for (let w = 0; w < window.length; w++) {
      const t = starts[g] + window[w];
      sums.put(t, firstOf[g], firstOf[g + 1], w);
      touched[t] = 1;
    }
  }
  sums.finish();
  const { metDenormal } = sums;
  const along = operand.shape.dims.map(() => true);
  return { tensor: results.finish(operand.shape, along), touched, metDenormal };
}

/** The sums, with the operand's elements wherever there is none. */
function withUntouched(sums: ExactTensor, operand: ExactTensor, touched: Uint8Array): ExactTensor {
  if (!touched.includes(0)) return sums;
  const n = touched.length;
  const rest = (to: Float64Array | undefined, from: Float64Array | undefined) =>
    from ? withRest(to ?? new Float64Array(n), from, touched) : to;
  const { undecided: kept } = operand;
  const arrays = {
    data: withRest(sums.data as Float64Array, operand.data as Float64Array, touched),
    bound: rest(sums.bound, operand.bound),
    deviation: rest(sums.deviation, operand.deviation),
    radius: rest(sums.correlated?.radius, operand.correlated?.radius),
    undecided: kept ? withRest(sums.undecided ?? new Uint8Array(n), kept, touched) : sums.undecided,
  };
  const along = operand.shape.dims.map(() => true);
  return exactTensor(operand.shape, arrays, along);
}

/** `to`, which nobody else holds, with the untouched elements of `from`. */
function withRest<A extends Float64Array | Uint8Array>(to: A, from: A, touched: Uint8Array): A {
  for (let t = 0; t < touched.length; t++) if (touched[t] === 0) to[t] = from[t];
  return to;
}
