/** All op tables by domain: one row an ONNX op, grouped in files by family. */
import { byName } from '../../../ir/by-name.ts';
import type { LowerTable } from '../node-context.ts';
import { activation } from './activation.ts';
import { attentionOps, previewOps } from './attention.ts';
import { control } from './control.ts';
import { convolution } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import { linear } from './linear.ts';
import { movement } from './movement.ts';
import { normalization } from './normalization.ts';
import { pooling } from './pooling.ts';
import { quantization } from './quantization.ts';
import { linearModels } from './rarer/classic-ml.ts';
import { gradientOps } from './rarer/gradient.ts';
import { loss } from './rarer/loss.ts';
import { resize } from './rarer/resize.ts';
import { sampling } from './rarer/sampling.ts';
import { signal } from './rarer/signal.ts';
import { previewTraining } from './rarer/training.ts';
import { trees } from './rarer/trees.ts';
import { classicMl, vectorizer } from './rarer/vectorizer.ts';
import { recurrent } from './recurrent.ts';
import { reduction } from './reduction.ts';
import { refused } from './refused.ts';
import { layerNorms } from './runtime/layer-norm.ts';
import { runtimeOps } from './runtime/table.ts';
import { sequences } from './sequences.ts';
import { shapes } from './shapes.ts';
import { sorting } from './sorting.ts';
import { types } from './types.ts';
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
    SimplifiedLayerNormalization: layerNorms.SimplifiedLayerNormalization!,
  },
  'ai.onnx.ml': { ...classicMl, ...linearModels, ...trees },
  'ai.onnx.preview': previewOps,
  'ai.onnx.preview.training': { ...previewTraining, ...gradientOps },
  ...runtimeOps,
});
