/** Custom calls that are written as plain HLO, for both modes. */
import type { Decomposed } from '../../../graphs/ops/custom-targets.ts';
import { blockScaledDot, dequantize, quantize } from './block-scaling.ts';
import { convolutionModule } from './cudnn-convolution.ts';
import type { Expansion } from './decomposition.ts';
import { gemmModule } from './gemm.ts';
import { cholesky, triangularSolve } from './lapack.ts';

type Call = Expansion<'custom-call'>;

/** Those whose results may end in scratch memory: a tuple of what is computed. */
const withWorkspace = { gemm: gemmModule, convolution: convolutionModule } satisfies Partial<
  Readonly<Record<Decomposed, Call>>
>;

/** Those whose results are as the module has them. */
const whole = {
  quantize,
  dequantize,
  'block-scaled-dot': blockScaledDot,
  cholesky,
  'triangular-solve': triangularSolve,
} satisfies Readonly<Record<Exclude<Decomposed, keyof typeof withWorkspace>, Call>>;

/** The module of what each computes. */
export const customCalls: {
  readonly withWorkspace: Readonly<Record<keyof typeof withWorkspace, Call>>;
  readonly whole: Readonly<Record<keyof typeof whole, Call>>;
} = { withWorkspace, whole };
