/** Optimiser steps of the training preview: Adagrad, Adam, Momentum. Inputs come in groups. */
import type { Instruction } from '../../../../ir/module.ts';
import { type Hlo, range } from '../../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';

/** What a step knows of all tensors: learning rate R and update count T, as scalars. */
interface Common {
  readonly h: Hlo;
  readonly rate: Instruction;
  readonly count: Instruction;
}

/** Applies a step to each tensor; inputs are R, T, then n of each kind, outputs n of each kind. */
const forEachTensor =
  (
    kinds: number,
    step: (c: NodeContext, common: Common, own: readonly Instruction[]) => Instruction[],
  ): Lower =>
  (c) => {
    const { h } = c;
    const n = (c.inputs.length - 2) / kinds;
    const common = { h, rate: c.input(0), count: c.input(1) };
    const results = range(n).map((k) =>
      step(
        c,
        common,
        range(kinds).map((kind) => c.input(2 + kind * n + k)),
      ),
    );
    return range(kinds - 1).flatMap((kind) => results.map((r) => r[kind]!));
  };

/** X ← X − r G / (√H + ε) with H ← H + G², G the gradient with weight decay. */
const adagrad = forEachTensor(3, (c, { h, rate, count }, [x, g, sum]) => {
  const r = h.div(rate, h.add(h.mul(h.convert(count, 'f32'), c.float('decay_factor', 0)), 1));
  const gradient = h.add(h.mul(x!, c.float('norm_coefficient', 0)), g!);
  const total = h.add(sum!, h.mul(gradient, gradient));
  const scale = h.add(h.unary('sqrt', total), c.float('epsilon', 1e-6));
  return [h.sub(x!, h.div(h.mul(r, gradient), scale)), total];
});

const adam = forEachTensor(4, (c, { h, rate, count }, [x, g, v, s]) => {
  const [alpha, beta] = [c.float('alpha', 0.9), c.float('beta', 0.999)];
  const gradient = h.add(h.mul(x!, c.float('norm_coefficient', 0)), g!);
  const mean = h.add(h.mul(v!, alpha), h.mul(gradient, 1 - alpha));
  const power = h.add(h.mul(s!, beta), h.mul(h.mul(gradient, gradient), 1 - beta));
  const t = h.convert(count, 'f32');
  const unbiased = (b: number) => h.sub(1, h.binary('power', h.scalar('f32', b), t));
  const corrected = h.mul(rate, h.div(h.unary('sqrt', unbiased(beta)), unbiased(alpha)));
  const started = h.select(h.compare('GT', t, 0), corrected, rate);
  const scale = h.add(h.unary('sqrt', power), c.float('epsilon', 1e-6));
  const next = h.sub(x!, h.div(h.mul(started, mean), scale));
  return [h.mul(next, 1 - c.float('norm_coefficient_post', 0)), mean, power];
});

const momentum = forEachTensor(3, (c, { h, rate, count }, [x, g, v]) => {
  const [alpha, beta] = [c.float('alpha', 0), c.float('beta', 0)];
  const gradient = h.add(h.mul(x!, c.float('norm_coefficient', 0)), g!);
  const first = h.compare('EQ', count, 0);
  const weight = h.select(first, h.scalar('f32', 1), h.scalar('f32', beta));
  const next = h.add(h.mul(v!, alpha), h.mul(gradient, weight));
  const nesterov = c.word('mode', 'standard', ['standard', 'nesterov']) === 'nesterov';
  const direction = nesterov ? h.add(gradient, h.mul(next, alpha)) : next;
  return [h.sub(x!, h.mul(rate, direction)), next];
});

/** Rows by operator of `ai.onnx.preview.training`. */
export const previewTraining: LowerTable = { Adagrad: adagrad, Adam: adam, Momentum: momentum };
