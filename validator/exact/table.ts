/** The exact rule of every opcode, merged from the families. */
import type { linear as linearRows } from '../../graphs/ops/linear.ts';
import type { reduction as reductionRows } from '../../graphs/ops/reduction.ts';
import { batchNormGrad, batchNormInference, batchNormTraining } from '../expansion/batch-norm.ts';
import { raggedDot } from '../expansion/ragged-dot.ts';
import { scaledDot } from '../expansion/scaled-dot.ts';
import { byExpansion } from './by-expansion.ts';
import type { ExactRows, ExactTable } from './context.ts';
import { communication, structure } from './control.ts';
import { convolution } from './convolution.ts';
import { dot } from './dot.ts';
import { elementwise } from './elementwise.ts';
import { fft } from './fft.ts';
import { matrixSolvers } from './matrix-solvers.ts';
import { movement } from './movement.ts';
import { map, reduce } from './reduce.ts';
import { reduceWindow } from './reduce-window.ts';
import { scatter } from './scatter.ts';
import { selectAndScatter } from './select-and-scatter.ts';
import { sort, topk } from './sort.ts';

const reduction: ExactRows<keyof typeof reductionRows> = {
  map,
  reduce,
  'reduce-window': reduceWindow,
  scatter,
  'select-and-scatter': selectAndScatter,
  sort,
  topk,
};

const linear: ExactRows<keyof typeof linearRows> = {
  dot,
  'ragged-dot': byExpansion(raggedDot),
  'scaled-dot': byExpansion(scaledDot),
  convolution,
  fft,
  ...matrixSolvers,
  'batch-norm-training': byExpansion(batchNormTraining),
  'batch-norm-inference': byExpansion(batchNormInference),
  'batch-norm-grad': byExpansion(batchNormGrad),
};

/** One row an opcode; a forgotten op does not compile. */
export const exactTable: ExactTable = {
  ...elementwise,
  ...movement,
  ...reduction,
  ...linear,
  ...structure,
  ...communication,
};
