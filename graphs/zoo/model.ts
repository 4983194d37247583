/** What a model of the zoo is: a builder of a module over named sizes. */
import { fail } from '../ir/diagnostic.ts';
import type { Instruction, Module } from '../ir/module.ts';
import { leafShapes } from '../ir/shape.ts';

/** Named sizes: batch, length, width … */
export type Dims = Readonly<Record<string, number>>;

export interface ZooModel {
  readonly name: string;
  readonly summary: string;
  /** The sizes it is built with unless told otherwise. */
  readonly dims: Dims;
  /**
   * The module for these sizes; sizes that are left out keep their defaults. An AssayError where one
   * must divide another and does not.
   */
  build(dims?: Dims): Module;
}

/** Types a model by its own sizes. */
export function model<D extends Dims>(
  name: string,
  summary: string,
  dims: D,
  build: (dims: D) => Module,
): ZooModel {
  return {
    ...{ name, summary, dims },
    build(given = {}) {
      const module = build({ ...dims, ...given });
      const broken = module.computations.flatMap((c) => c.instructions).find(isFractional);
      if (!broken) return module;
      const sizes = Object.entries({ ...dims, ...given }).map(([n, size]) => `${n}=${size}`);
      return fail('zoo/sizes', `${name} cannot be built with ${sizes.join(', ')}`);
    },
  };
}

/** Whether a size is what is left of a division that does not come out even. */
function isFractional({ shape }: Instruction): boolean {
  return leafShapes(shape).some(
    (s) => s.kind === 'array' && !s.dims.every((n) => Number.isInteger(n)),
  );
}
