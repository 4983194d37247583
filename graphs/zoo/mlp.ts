/** Layer norm and a two-layer perceptron with a residual, gelu in both its forms. */
import { ModuleBuilder } from '../build/builder.ts';
import { combiners, input } from './basics.ts';
import { geluErf, geluTanh, layerNorm, linear } from './layers.ts';
import { model } from './model.ts';

const dims = { batch: 8, width: 64, hidden: 128 };

/** Of x [batch, width]. */
export const mlp = model(
  'layer_norm_mlp',
  'layer norm, MLP with gelu (erf and tanh forms), residual, f32',
  dims,
  ({ batch, width, hidden }) => {
    const m = new ModuleBuilder('layer_norm_mlp');
    const called = combiners(m, 'f32');
    return m.entry((b) => {
      const x = input(b, 'x', 'f32', [batch, width]);
      const gain = input(b, 'gain', 'f32', [width], 'range:0.5:1.5');
      const bias = input(b, 'bias', 'f32', [width], 'weight:64');
      const up = input(b, 'up', 'f32', [width, hidden], `weight:${width}`);
      const upBias = input(b, 'up_bias', 'f32', [hidden], 'weight:64');
      const down = input(b, 'down', 'f32', [hidden, width], `weight:${hidden}`);
      const downBias = input(b, 'down_bias', 'f32', [width], 'weight:64');
      const inner = linear(b, layerNorm(b, x, { gain, bias }, called), up, upBias);
      const outputs = [geluErf, geluTanh].map((gelu) =>
        b.op('add', [x, linear(b, gelu(b, inner), down, downBias)]),
      );
      return b.op('tuple', outputs);
    });
  },
);
