/** All ops that are lowered, a row each, and why others are not. */
import type { LowerTable } from '../node-context.ts';
import { convolutions } from './convolution.ts';
import { creation } from './creation.ts';
import { elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import { matrices } from './matrices.ts';
import { movement } from './movement.ts';
import { pooling } from './pooling.ts';
import { reduction } from './reduction.ts';

/** Rows by TensorFlow op, of all families; no op stands in two of them. */
export const lowerTable: LowerTable = {
  ...convolutions,
  ...creation,
  ...elementwise,
  ...indexing,
  ...matrices,
  ...movement,
  ...pooling,
  ...reduction,
};

const reasons: readonly (readonly [RegExp, string])[] = [
  [
    /^((Ref)?(Switch|Merge|Enter|Exit|NextIteration)|If|While|LoopCond|(Stateful|Stateless)\w+|PartitionedCall)$/,
    'control flow and calls are not imported; export an inference graph that is frozen and inlined',
  ],
  [
    /^(Where|Unique|UniqueV2|NonMaxSuppression\w*|ListDiff|Sparse\w*|DenseBincount|Bincount)$/,
    'the size of its result depends on values; end the model before it',
  ],
  [
    /^(Random|Truncated|Multinomial)/,
    'it draws random numbers; export the model for inference, without them',
  ],
  [/^(Tensor(List|Array)|HashTable|Lookup)/, 'lists and tables of tensors are not imported'],
  [/String|Regex/, 'text has no place in HLO; do this step before the model'],
];

/** Why an op is not imported, and what to do about it. */
export function refusal(op: string): string {
  const found = reasons.find(([pattern]) => pattern.test(op));
  return found?.[1] ?? 'this op is not supported; end the model before it, or rewrite it';
}
