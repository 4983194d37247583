/** How to run every opcode, merged from the families. */

import type { linear as linearRows } from '../../graphs/ops/linear.ts';
import type { reduction as reductionRows } from '../../graphs/ops/reduction.ts';
import { raggedDot } from '../semantics/decompositions/ragged-dot.ts';
import { scaledDot } from '../semantics/decompositions/scaled-dot.ts';
import { byExpansion } from './by-decomposition.ts';
import type { EvalRow, EvalTable } from './context.ts';
import { mixedPrecision } from './mixed-precision.ts';
import { batchNormGrad, batchNormInference, batchNormTraining } from './ops/batch-norm.ts';
import { communication } from './ops/communication.ts';
import { structure } from './ops/control.ts';
import { convolution } from './ops/convolution.ts';
import { dot } from './ops/dot.ts';
import { elementwise } from './ops/elementwise.ts';
import { fft } from './ops/fft.ts';
import { cholesky, triangularSolve } from './ops/matrix-solvers.ts';
import { movement } from './ops/movement.ts';
import { map, reduce } from './ops/reduce.ts';
import { reduceWindow } from './ops/reduce-window.ts';
import { scatter, selectAndScatter } from './ops/scatter.ts';
import { sort, topk } from './ops/sort.ts';

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
