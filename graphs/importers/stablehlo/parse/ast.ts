/**
 * MLIR text as parsed: types, attributes, operations with regions, functions, modules. It is
 * general MLIR as far as StableHLO programs use it; what operations mean stands in the lowerings.
 */
import type { Position } from '../../../ir/diagnostic.ts';
import type { ElementType } from '../../../ir/element-type.ts';
import type { Tensor } from '../../../ir/tensor.ts';
import type { ConvDims } from '../../../ops/attr.ts';

/** `!quant.uniform<i8:f32:0, {0.1:-30, 0.5:-20}>`: value = (stored - zero point) · scale. */
export interface QuantizedType {
  readonly storage: ElementType;
  readonly expressed: ElementType;
  /** The dimension along which scales vary; absent where one scale serves all. */
  readonly axis?: number;
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  /** Least and largest stored value. */
  readonly min: number;
  readonly max: number;
}

/** A ranked tensor. */
export interface TensorType {
  readonly kind: 'tensor';
  /** Sizes; -1 where the text has `?`. */
  readonly dims: readonly number[];
  /** How elements are held; for quantised types the storage. */
  readonly type: ElementType;
  readonly quantized?: QuantizedType;
}

/** Types of a tuple's elements; tuples nest. */
export interface TupleType {
  readonly kind: 'tuple';
  readonly elements: readonly MlirType[];
}

/** `(inputs) -> results`, after an op or as an attribute. */
export interface FunctionType {
  readonly kind: 'function';
  readonly inputs: readonly MlirType[];
  readonly results: readonly MlirType[];
}

/** A token, a bare number type (`i64` after an attribute), or a type that no lowering knows. */
export interface PlainType {
  readonly kind: 'token' | 'number' | 'other';
  readonly text: string;
}

/** Any type that a StableHLO program may name. */
export type MlirType = TensorType | TupleType | FunctionType | PlainType;

/** `dense<…> : tensor<…>`; a splat holds one element of the type. */
export interface DenseAttr {
  readonly kind: 'dense';
  readonly type: TensorType;
  readonly splat: boolean;
  readonly values: Tensor;
}

/** The value of an attribute; what is not understood is kept as the text has it. */
export type Attr =
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'symbol'; readonly value: string }
  /** A bare word: an enumerator, or what an attribute alias was not found for. */
  | { readonly kind: 'word'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly Attr[] }
  /** `[0] x [1]` */
  | { readonly kind: 'pair'; readonly left: Attr; readonly right: Attr }
  | { readonly kind: 'dict'; readonly entries: AttrMap }
  | { readonly kind: 'conv'; readonly dims: ConvDims }
  | { readonly kind: 'type'; readonly type: MlirType }
  | { readonly kind: 'other'; readonly text: string }
  | DenseAttr;

/** Attributes by name, in the order of the text. */
export type AttrMap = ReadonlyMap<string, Attr>;

/** `%name` or `%name#index`. */
export interface ValueRef {
  readonly name: string;
  readonly index: number;
}

/** An argument of a block or function; the name is without its `%`. */
export interface BlockArgument {
  readonly name: string;
  readonly type: MlirType;
}

/** A region of one block. */
export interface Region {
  readonly args: readonly BlockArgument[];
  readonly ops: readonly Op[];
}

/** One operation as the text has it, generic or pretty. */
export interface Op {
  /** With its dialect: `stablehlo.add`. */
  readonly name: string;
  readonly operands: readonly ValueRef[];
  /** Names on the left-hand side with the number of values of each. */
  readonly results: readonly { readonly name: string; readonly count: number }[];
  /** What the text says of the operands; absent where a pretty form says nothing of them. */
  readonly operandTypes?: readonly MlirType[];
  readonly resultTypes: readonly MlirType[];
  readonly attrs: AttrMap;
  readonly regions: readonly Region[];
  readonly position: Position;
}

/** A func.func; its `results` are the declared ones. */
export interface Func {
  readonly name: string;
  readonly isPrivate: boolean;
  readonly args: readonly BlockArgument[];
  readonly results: readonly MlirType[];
  /** Absent for a declaration. */
  readonly body?: Region;
  readonly position: Position;
}

/** One module of a text: its functions by name. */
export interface MlirModule {
  /** '' where the text writes no `module @name`. */
  readonly name: string;
  readonly functions: ReadonlyMap<string, Func>;
  readonly position: Position;
}
