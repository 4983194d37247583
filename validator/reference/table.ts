/** How to run every opcode, merged from the families. */

import type { linear as linearRows } from '../../graphs/ops/linear.ts';
import type { reduction as reductionRows } from '../../graphs/ops/reduction.ts';
import { raggedDot } from '../expansion/ragged-dot.ts';
import { scaledDot } from '../expansion/scaled-dot.ts';
import { batchNormGrad, batchNormInference, batchNormTraining } from './batch-norm.ts';
import { byExpansion } from './by-expansion.ts';
import { communication } from './communication.ts';
import type { EvalRow, EvalTable } from './context.ts';
import { structure } from './control.ts';
import { convolution } from './convolution.ts';
import { dot } from './dot.ts';
import { elementwise } from './elementwise.ts';
import { fft } from './fft.ts';
import { cholesky, triangularSolve } from './matrix-solvers.ts';
import { mixedPrecision } from './mixed-precision.ts';
import { movement } from './movement.ts';
import { map, reduce } from './reduce.ts';
import { reduceWindow } from './reduce-window.ts';
import { scatter, selectAndScatter } from './scatter.ts';
import { sort, topk } from './sort.ts';

type Family<Rows> = { readonly [O in keyof Rows & keyof EvalTable]: EvalRow<O> };

const reduction: Family<typeof reductionRows> = {
  map,
  reduce: mixedPrecision(reduce),
  'reduce-window': mixedPrecision(reduceWindow),
  scatter,
  'select-and-scatter': selectAndScatter,
  sort,
  topk,
};

const linear: Family<typeof linearRows> = {
  dot,
  'ragged-dot': byExpansion(raggedDot),
  'scaled-dot': byExpansion(scaledDot),
  convolution,
  fft,
  cholesky,
  'triangular-solve': triangularSolve,
  'batch-norm-training': batchNormTraining,
  'batch-norm-inference': batchNormInference,
  'batch-norm-grad': batchNormGrad,
};

/** One row an opcode; a forgotten op does not compile. */
export const evalTable: EvalTable = {
  ...elementwise,
  ...movement,
  ...reduction,
  ...linear,
  ...structure,
  ...communication,
};
