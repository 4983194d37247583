/**
 * Attribute kinds: the TypeScript type of each, and the spec that a row of the op table gives for
 * one attribute. How a kind is read and written stands in graphs/text/attributes.ts.
 */
import type { Shape } from '../ir/shape.ts';
import type { Value } from '../ir/tensor.ts';

/** One dimension of a window (reduce-window, convolution). */
export interface WindowDim {
  readonly size: number;
  readonly stride: number;
  readonly padLow: number;
  readonly padHigh: number;
  /** Window (kernel) dilation, rhs_dilate. */
  readonly windowDilation: number;
  /** Base (input) dilation, lhs_dilate. */
  readonly baseDilation: number;
  readonly reversal: boolean;
}

/** dim_labels of a convolution: where each logical dimension stands in operands and result. */
export interface ConvDims {
  readonly inputBatch: number;
  readonly inputFeature: number;
  readonly inputSpatial: readonly number[];
  readonly kernelInputFeature: number;
  readonly kernelOutputFeature: number;
  readonly kernelSpatial: readonly number[];
  readonly outputBatch: number;
  readonly outputFeature: number;
  readonly outputSpatial: readonly number[];
}

/** From `start` up to `limit`, which is not inside, in steps of `stride`. */
export interface SliceRange {
  readonly start: number;
  readonly limit: number;
  readonly stride: number;
}

/**
 * Elements before, after and between those of a dimension; the first two may be negative and then
 * cut.
 */
export interface PaddingDim {
  readonly low: number;
  readonly high: number;
  readonly interior: number;
}

/** The operand of a constant; `elided` stands for `{...}`, whose values the text does not give. */
export type Literal = Value | { readonly kind: 'elided' };

/** Attribute kinds and what each holds. */
export interface AttrTypes {
  int: number;
  float: number;
  bool: boolean;
  /** A quoted string, unescaped. */
  string: string;
  /** {1,2,3} */
  ints: readonly number[];
  /** {{0,1},{1,2}} */
  intLists: readonly (readonly number[])[];
  /** A bare word out of the spec's `values`. */
  word: string;
  /** {word,word} */
  words: readonly string[];
  /** Name of a computation of the module. */
  computation: string;
  computations: readonly string[];
  window: readonly WindowDim[];
  convDims: ConvDims;
  ranges: readonly SliceRange[];
  padding: readonly PaddingDim[];
  shape: Shape;
  shapes: readonly Shape[];
  literal: Literal;
  /** Balanced text kept as it stands (aliasing, domains …). */
  raw: string;
  /** Groups of devices, as they are written (see device-groups.ts). */
  groups: string;
}

/** Names of the kinds. */
export type AttrKind = keyof AttrTypes;

/** How an attribute of an op is read, whether it must be there, and what it is if it is not. */
export interface AttrSpec<T = unknown, Presence extends 'always' | 'maybe' = 'always' | 'maybe'> {
  readonly kind: AttrKind;
  /** `always`: required, or filled from `fallback`; `maybe`: may be absent from `attrs`. */
  readonly presence: Presence;
  /** The value where the text has none; not printed when equal. */
  readonly fallback?: T;
  /** The words allowed, for kinds `word` and `words`. */
  readonly values?: readonly string[];
}

/** The attributes of an op by name. */
export type AttrSpecs = { readonly [name: string]: AttrSpec };

type Held<S> = S extends AttrSpec<infer T, 'always' | 'maybe'> ? T : never;

/** The attributes that an op with these specs has. */
export type AttrsOf<S extends AttrSpecs> = {
  readonly [K in keyof S as S[K]['presence'] extends 'always' ? K : never]: Held<S[K]>;
} & {
  readonly [K in keyof S as S[K]['presence'] extends 'always' ? never : K]?: Held<S[K]>;
};

/** An attribute that the text must give. */
export function required<K extends AttrKind>(kind: K): AttrSpec<AttrTypes[K], 'always'> {
  return { kind, presence: 'always' };
}

/** An attribute that may be absent, and is then absent from `attrs`. */
export function optional<K extends AttrKind>(kind: K): AttrSpec<AttrTypes[K], 'maybe'> {
  return { kind, presence: 'maybe' };
}

/** An attribute that is filled in where the text has none, and not printed where it equals that. */
export function withDefault<K extends AttrKind>(
  kind: K,
  fallback: AttrTypes[K],
): AttrSpec<AttrTypes[K], 'always'> {
  return { kind, presence: 'always', fallback };
}

/** A required bare word out of a list. */
export function oneOf<const W extends readonly string[]>(
  ...values: W
): AttrSpec<W[number], 'always'> {
  return { kind: 'word', presence: 'always', values };
}

/** Bare words in braces, each out of a list; none where the attribute is absent. */
export function manyOf<const W extends readonly string[]>(
  ...values: W
): AttrSpec<readonly string[], 'always'> {
  return { kind: 'words', presence: 'always', fallback: [], values };
}

/** An optional bare word out of a list. */
export function maybeOneOf<const W extends readonly string[]>(
  ...values: W
): AttrSpec<W[number], 'maybe'> {
  return { kind: 'word', presence: 'maybe', values };
}
