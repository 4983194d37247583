/** Fused convolutions and products, and the forms of GELU, that ONNX Runtime's optimisers emit. */
import type { Instruction } from '../../../../ir/module.ts';
import { rankOf } from '../../../lowering/hlo.ts';
import { matmul } from '../../../lowering/matmul.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';
import { activation, swish } from '../activation.ts';
import { convolution } from '../convolution.ts';
import { linear, times } from '../linear.ts';
import { derived, single } from './derived.ts';
import { activated, activatedGemm } from './fused-activation.ts';

/** activation(conv(x, w) + b + z) */
const fusedConv: Lower = (c) => {
  const y = single(convolution.Conv!(derived(c, { inputs: c.inputs.slice(0, 3) })));
  return activated(c, c.inputs[3] ? c.h.add(y, c.input(3)) : y);
};

const fusedGemm: Lower = (c) => activatedGemm(c, single(linear.Gemm!(derived(c, {}))));

/** An operand with its last two dimensions swapped (`trans`), or its first put before the last. */
function arranged(c: NodeContext, k: number, side: 'A' | 'B'): Instruction {
  const x = c.input(k);
  const rank = rankOf(x);
  if (rank < 2) return x;
  const batchMoved = c.flag(`transBatch${side}`);
  const front = batchMoved ? c.h.moveDim(x, 0, rank - 2) : x;
  return c.flag(`trans${side}`) ? c.h.moveDim(front, rank - 2, rank - 1) : front;
}

/** α op(A) op(B) */
const fusedMatMul: Lower = (c) =>
  times(c.h, matmul(c.h, arranged(c, 0, 'A'), arranged(c, 1, 'B')), c.float('alpha', 1));

/** GELU of x and, where there is one, a bias added to it first. */
const gelu =
  (approximate: 'none' | 'tanh'): Lower =>
  (c) => {
    const x = c.inputs[1] ? c.h.add(c.input(0), c.input(1)) : c.input(0);
    return activation.Gelu!(derived(c, { inputs: [x], attributes: { approximate } }));
  };

/** Rows by operator of `com.microsoft`. */
export const fused: LowerTable = {
  BiasGelu: gelu('none'),
  FastGelu: gelu('tanh'),
  FusedConv: fusedConv,
  FusedGemm: fusedGemm,
  FusedMatMul: fusedMatMul,
  Gelu: gelu('none'),
  QuickGelu: (c) => swish(c.h, c.input(0), c.float('alpha', 1.702)),
  TransposeMatMul: fusedMatMul,
};
