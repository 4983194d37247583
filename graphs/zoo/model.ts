/** What a model of the zoo is: a builder of a module over named sizes. */
import type { Module } from '../ir/module.ts';

/** Named sizes: batch, length, width … */
export type Dims = Readonly<Record<string, number>>;

export interface ZooModel {
  readonly name: string;
  readonly summary: string;
  /** The sizes it is built with unless told otherwise. */
  readonly dims: Dims;
  /** The module for these sizes; sizes that are left out keep their defaults. */
  build(dims?: Dims): Module;
}

/** Types a model by its own sizes. */
export function model<D extends Dims>(
  name: string,
  summary: string,
  dims: D,
  build: (dims: D) => Module,
): ZooModel {
  return { name, summary, dims, build: (given = {}) => build({ ...dims, ...given }) };
}
