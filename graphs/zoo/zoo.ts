/** The zoo: model graphs that every pass must leave meaning what they mean. */
import { fail } from '../ir/diagnostic.ts';
import { didYouMean } from '../text/nearest.ts';
import { attention } from './attention.ts';
import { contraction } from './contraction.ts';
import { convolution } from './convolution.ts';
import { embedding } from './embedding.ts';
import { mixture } from './mixture.ts';
import { mlp } from './mlp.ts';
import type { ZooModel } from './model.ts';
import { positional } from './positional.ts';
import { quantised } from './quantised.ts';
import { recurrent } from './recurrent.ts';
import { samplingBf16, samplingF32 } from './sampling.ts';
import { transformer } from './transformer.ts';

/** Every model, by name unique. */
export const zoo: readonly ZooModel[] = [
  samplingBf16,
  samplingF32,
  attention,
  mlp,
  convolution,
  embedding,
  mixture,
  recurrent,
  quantised,
  contraction,
  transformer,
  positional,
];

/** The model of a name; an AssayError lists the names that there are. */
export function zooModel(name: string): ZooModel {
  const known = didYouMean(
    name,
    zoo.map((m) => m.name),
  );
  const found = zoo.find((m) => m.name === name);
  return found ?? fail('zoo/unknown', `the zoo has no model ${name}; ${known}`);
}
