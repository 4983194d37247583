/** What a model of the zoo is: a builder of a module over named sizes. */
import { AssayError, fail } from '../ir/diagnostic.ts';
import type { Module } from '../ir/module.ts';

/** Named sizes: batch, length, width … */
export type Dims = Readonly<Record<string, number>>;

/** A model that can be built at other sizes, under the name that the command line knows. */
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
      try {
        return build({ ...dims, ...given });
      } catch (error) {
        if (!(error instanceof AssayError)) throw error;
        const sizes = Object.entries({ ...dims, ...given }).map(([n, size]) => `${n}=${size}`);
        const why = `${name} cannot be built with ${sizes.join(', ')}: ${error.message}`;
        return fail('zoo/sizes', why);
      }
    },
  };
}
