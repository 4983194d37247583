/** The faults that a validation must find: broken passes under the names of the healthy ones. */
import type { Pass } from '../../passes/pipeline/pass.ts';
import { type Backend, mapPasses } from '../../passes/pipeline/pipeline.ts';
import { broadcastOrderLost } from './algsimp-broadcast-order.ts';
import { roundedTwice } from './constant-folding-double-rounding.ts';
import { iotaDimensionIgnored } from './cse-ignores-attribute.ts';
import { lastElementLost } from './dot-decomposer-last-element.ts';
import { oneUseWidened } from './fp-conversions-one-use.ts';
import { maxFromZero } from './fusion-max-init.ts';

export interface Fault {
  readonly id: string;
  readonly title: string;
  /** The broken pass; its name is that of the one it stands for. */
  readonly pass: Pass;
  /** Name of the backend whose pipeline shows it. */
  readonly backend: string;
  /** Name of the zoo model that shows it. */
  readonly graph: string;
}

export const faults: readonly Fault[] = [
  {
    id: 'a',
    title: "algsimp drops a broadcast's dimension order",
    pass: broadcastOrderLost,
    backend: 'cpu',
    graph: 'positional',
  },
  {
    id: 'b',
    title: 'fusion evaluates a max-reduce from init 0 instead of −inf',
    pass: maxFromZero,
    backend: 'cpu',
    graph: 'positional',
  },
  {
    id: 'c',
    title: 'constant_folding folds in f64 and rounds twice',
    pass: roundedTwice,
    backend: 'cpu',
    graph: 'positional',
  },
  {
    id: 'd',
    title: 'cse ignores an attribute',
    pass: iotaDimensionIgnored,
    backend: 'cpu',
    graph: 'positional',
  },
  {
    id: 'e',
    title: 'simplify-fp-conversions widens one of two uses of the same probability',
    pass: oneUseWidened,
    backend: 'tpu',
    graph: 'sampling_bf16',
  },
  {
    id: 'f',
    title: 'dot_decomposer loses the last element of a contracting dimension of 4,096',
    pass: lastElementLost,
    backend: 'cpu',
    graph: 'long_contraction',
  },
];

/** The backend with the fault's pass in the place of the healthy one of its name. */
export function withFault(backend: Backend, { pass }: Fault): Backend {
  const pipeline = mapPasses(backend.pipeline, (p) => (p.name === pass.name ? pass : p));
  return { ...backend, pipeline };
}
