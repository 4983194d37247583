/** All op tables by domain: one row an ONNX op, grouped in files by family. */
import { byName } from '../../../ir/by-name.ts';
import type { LowerTable } from '../node-context.ts';
import { activation } from './activation.ts';
import { attentionOps, previewOps } from './attention.ts';
import { linearModels } from './classic-ml.ts';
import { control } from './control.ts';
import { convolution } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { gradientOps } from './gradient.ts';
import { indexing } from './indexing.ts';
import { linear } from './linear.ts';
import { loss } from './loss.ts';
import { movement } from './movement.ts';
import { normalization } from './normalization.ts';
import { pooling } from './pooling.ts';
import { quantization } from './quantization.ts';
import { recurrent } from './recurrent.ts';
import { reduction } from './reduction.ts';
import { refused } from './refused.ts';
import { resize } from './resize.ts';
import { sampling } from './sampling.ts';
import { sequences } from './sequences.ts';
import { shapes } from './shapes.ts';
import { signal } from './signal.ts';
import { sorting } from './sorting.ts';
import { previewTraining } from './training.ts';
import { trees } from './trees.ts';
import { types } from './types.ts';
import { classicMl, vectorizer } from './vectorizer.ts';
import { windows } from './windows.ts';

/** Op tables by domain; the standard domain is the empty string. */
export const opTables: Readonly<Record<string, LowerTable>> = byName({
  '': {
    ...refused,
    ...elementwise,
    ...activation,
    ...types,
    ...shapes,
    ...movement,
    ...indexing,
    ...sorting,
    ...reduction,
    ...linear,
    ...convolution,
    ...pooling,
    ...normalization,
    ...loss,
    ...attentionOps,
    ...recurrent,
    ...resize,
    ...sampling,
    ...windows,
    ...signal,
    ...quantization,
    ...control,
    ...sequences,
    ...vectorizer,
  },
  'ai.onnx.ml': { ...classicMl, ...linearModels, ...trees },
  'ai.onnx.preview': previewOps,
  'ai.onnx.preview.training': { ...previewTraining, ...gradientOps },
});
