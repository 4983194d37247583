/**
 * The element types of HLO and what is known of each: width, signedness, floating-point format. The
 * f6 types are StableHLO's; XLA has none.
 * One row a type; rounding, storage, parsing and budgets all read this table.
 */

/** A binary floating-point format. */
/** How a float type stores numbers. */
export interface FloatFormat {
  /** Significand precision in bits, the implicit bit included (f32: 24). */
  readonly precision: number;
  /** Exponent of the smallest normal number (f32: -126). */
  readonly minExponent: number;
  /** Largest finite value. */
  readonly maxFinite: number;
  /** What a value too large becomes. */
  readonly overflow: 'inf' | 'nan' | 'saturate';
  /** False where the format has a single zero (the *fnuz types), or none (f8e8m0fnu). */
  readonly signedZero: boolean;
  /** False for f8e8m0fnu, which has neither sign nor zero. */
  readonly signed: boolean;
  readonly hasNaN: boolean;
}

/** What is known of an element type. */
export interface ElementTypeInfo {
  readonly kind: 'pred' | 'signed' | 'unsigned' | 'float' | 'complex';
  /** Width of one element in bits, as XLA stores it unpacked for pred (8). */
  readonly bits: number;
  readonly format?: FloatFormat;
  /** For complex types: the type of the real and of the imaginary part. */
  readonly part?: 'f32' | 'f64';
}

const int = (bits: number): ElementTypeInfo => ({ kind: 'signed', bits });
const uint = (bits: number): ElementTypeInfo => ({ kind: 'unsigned', bits });

function float(
  bits: number,
  precision: number,
  minExponent: number,
  maxFinite: number,
  rest: Partial<FloatFormat> = {},
): ElementTypeInfo {
  const common = { overflow: 'inf', signedZero: true, signed: true, hasNaN: true } as const;
  return {
    kind: 'float',
    bits,
    format: { precision, minExponent, maxFinite, ...common, ...rest },
  };
}

const table = {
  pred: { kind: 'pred', bits: 8 },
  s1: int(1),
  s2: int(2),
  s4: int(4),
  s8: int(8),
  s16: int(16),
  s32: int(32),
  s64: int(64),
  u1: uint(1),
  u2: uint(2),
  u4: uint(4),
  u8: uint(8),
  u16: uint(16),
  u32: uint(32),
  u64: uint(64),
  f4e2m1fn: float(4, 2, 0, 6, { overflow: 'saturate', hasNaN: false }),
  f6e2m3fn: float(6, 4, 0, 7.5, { overflow: 'saturate', hasNaN: false }),
  f6e3m2fn: float(6, 3, -2, 28, { overflow: 'saturate', hasNaN: false }),
  f8e3m4: float(8, 5, -2, 15.5),
  f8e4m3: float(8, 4, -6, 240),
  f8e4m3fn: float(8, 4, -6, 448, { overflow: 'nan' }),
  f8e4m3b11fnuz: float(8, 4, -10, 30, { overflow: 'nan', signedZero: false }),
  f8e4m3fnuz: float(8, 4, -7, 240, { overflow: 'nan', signedZero: false }),
  f8e5m2: float(8, 3, -14, 57344),
  f8e5m2fnuz: float(8, 3, -15, 57344, { overflow: 'nan', signedZero: false }),
  f8e8m0fnu: float(8, 1, -127, 2 ** 127, { overflow: 'nan', signedZero: false, signed: false }),
  f16: float(16, 11, -14, 65504),
  bf16: float(16, 8, -126, (2 - 2 ** -7) * 2 ** 127),
  f32: float(32, 24, -126, (2 - 2 ** -23) * 2 ** 127),
  f64: float(64, 53, -1022, Number.MAX_VALUE),
  c64: { kind: 'complex', bits: 64, part: 'f32' },
  c128: { kind: 'complex', bits: 128, part: 'f64' },
} as const satisfies Record<string, ElementTypeInfo>;

/** Name of an element type as HLO prints it. */
export type ElementType = keyof typeof table;

/** Every element type, one row each. */
export const elementTypes: Readonly<Record<ElementType, ElementTypeInfo>> = table;

/** Whether a name from a text is an element type. */
export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(table, name);
}

/** Real floating-point types of any width. */
export function isFloat(type: ElementType): boolean {
  return elementTypes[type].kind === 'float';
}

/** c64 and c128. */
export function isComplex(type: ElementType): boolean {
  return elementTypes[type].kind === 'complex';
}

/** True for signed, unsigned; pred is not an integer. */
export function isInteger(type: ElementType): boolean {
  const { kind } = elementTypes[type];
  return kind === 'signed' || kind === 'unsigned';
}

/** True where elements are held as bigint (s64, u64). */
export function isWide(type: ElementType): boolean {
  return type === 's64' || type === 'u64';
}

/** The floating-point format of a float type; for a complex type that of its parts. */
export function floatFormat(type: ElementType): FloatFormat {
  const info = elementTypes[type];
  const format = info.format ?? (info.part && elementTypes[info.part].format);
  if (!format) throw new TypeError(`${type} has no floating-point format`);
  return format;
}

/** Unit roundoff u = 2^-precision of round-to-nearest in a float or complex type. */
export function unitRoundoff(type: ElementType): number {
  return 2 ** -floatFormat(type).precision;
}

/** What zero bits mean: zero, and the smallest value of f8e8m0fnu, which has no zero. */
export function blankOf(type: ElementType): number {
  const { format } = elementTypes[type];
  return format?.signed === false ? 2 ** format.minExponent : 0;
}
