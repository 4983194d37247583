/** The exact rule of every opcode, merged from the families. */
import type { linear as linearRows } from '../../graphs/ops/linear.ts';
import type { reduction as reductionRows } from '../../graphs/ops/reduction.ts';
import { raggedDot } from '../expansion/ragged-dot.ts';
import { scaledDot } from '../expansion/scaled-dot.ts';
import { byExpansion } from './by-expansion.ts';
import type { ExactRows, ExactTable } from './context.ts';
import { communication, structure } from './control.ts';
import { convolution } from './convolution.ts';
import { dot } from './dot.ts';
import { elementwise } from './elementwise.ts';
import { movement } from './movement.ts';
import { map, reduce, reduceWindow } from './reduce.ts';
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

const none = (opcode: string) => ({ undecided: `no budget rule for ${opcode}` });

const linear: ExactRows<keyof typeof linearRows> = {
  dot,
  'ragged-dot': byExpansion(raggedDot),
  'scaled-dot': byExpansion(scaledDot),
  convolution,
  fft: none('fft'),
  cholesky: none('cholesky'),
  'triangular-solve': none('triangular-solve'),
  'batch-norm-training': none('batch-norm-training'),
  'batch-norm-inference': none('batch-norm-inference'),
  'batch-norm-grad': none('batch-norm-grad'),
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
