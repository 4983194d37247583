/** The exact rule of every opcode, merged from the families. */
import type { linear as linearRows } from '../../graphs/ops/linear.ts';
import type { reduction as reductionRows } from '../../graphs/ops/reduction.ts';
import {
  batchNormGrad,
  batchNormInference,
  batchNormTraining,
} from '../semantics/decompositions/batch-norm.ts';
import { raggedDot } from '../semantics/decompositions/ragged-dot.ts';
import { scaledDot } from '../semantics/decompositions/scaled-dot.ts';
import { byDecomposition } from './by-decomposition.ts';
import { communication, structure } from './control.ts';
import type { ExactRows, ExactTable } from './core/context.ts';
import { elementwise } from './elementwise/elementwise.ts';
import { map, reduce } from './folds/reduce.ts';
import { reduceWindow } from './folds/reduce-window.ts';
import { scatter } from './folds/scatter.ts';
import { selectAndScatter } from './folds/select-and-scatter.ts';
import { movement } from './movement/movement.ts';
import { sort, topk } from './movement/sort.ts';
import { convolution } from './products/convolution.ts';
import { dot } from './products/dot.ts';
import { fft } from './products/fft.ts';
import { matrixSolvers } from './products/matrix-solvers.ts';

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
  'ragged-dot': byDecomposition(raggedDot),
  'scaled-dot': byDecomposition(scaledDot),
  convolution,
  fft,
  ...matrixSolvers,
  'batch-norm-training': byDecomposition(batchNormTraining),
  'batch-norm-inference': byDecomposition(batchNormInference),
  'batch-norm-grad': byDecomposition(batchNormGrad),
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
