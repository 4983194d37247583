/**
 * The form of a row of the op table. Rows are grouped in files by family and merged in table.ts.
 */
import type { Shape } from '../ir/shape.ts';
import type { AttrSpecs, AttrsOf } from './attr.ts';

/** What is true of an op as a whole; passes, budgets and fuzzers select by it. */
export type Group =
  /** One result element from the operand elements at the same place. */
  | 'elementwise'
  | 'commutative'
  /** Result elements are copies of operand elements; nothing is computed. */
  | 'data-movement'
  /** The result turns on a comparison or an integer conversion: a step function of its operands. */
  | 'discrete'
  | 'reduction'
  /** Calls computations. */
  | 'control'
  /** Talks to other devices, the host or hidden state; never folded, merged or removed. */
  | 'side-effect'
  | 'collective'
  | 'random'
  /** One half of an asynchronous pair. */
  | 'async'
  /** Elementwise with a transcendental function: faithful only up to an ULP allowance. */
  | 'transcendental';

/** Parameter and result shapes of a called computation. */
export interface Signature {
  readonly parameters: readonly Shape[];
  readonly result: Shape;
}

/** What a shape rule sees. */
export interface ShapeContext<S extends AttrSpecs> {
  readonly operands: readonly Shape[];
  readonly attrs: AttrsOf<S>;
  /** The shape that the text declares, for ops whose result the operands do not determine. */
  readonly declared: Shape;
  /** backend_config, where the instruction has one: what a custom call is told of its own. */
  readonly config?: string | undefined;
  /** Signature of a computation named by an attribute. */
  signature(computation: string): Signature;
  /**
   * Demands a constraint. The label (`pad_c3`) is shared by the specification, this check and its
   * negative test; the message says what is wrong with the shapes at hand.
   */
  check(holds: boolean, label: string, message: string): asserts holds;
}

/** One op. */
export interface OpRow<S extends AttrSpecs = AttrSpecs> {
  /** Number of operands, or the least number where it varies. */
  readonly arity: number | { readonly min: number };
  readonly attrs: S;
  /** The attribute that stands between the parentheses in place of operands. */
  readonly argument?: keyof S & string;
  readonly groups: readonly Group[];
  /** Result shape from operands and attributes; layouts aside. */
  shape(context: ShapeContext<S>): Shape;
  /**
   * One instruction as text with its operands' shapes inline, e.g.
   * `f32[2] slice(f32[9] a), slice={[0:4:2]}`; called computations by the names in example.ts.
   */
  readonly example: string;
}

/** Types a row from its own attributes. */
export function op<const S extends AttrSpecs>(row: OpRow<S>): OpRow<S> {
  return row;
}
