/**
 * How results are held against the expected ones: as ONNX's own backend test runner does
 * (onnx/backend/test/runner, numpy's assert_allclose with rtol 1e-3 and atol 1e-7, bfloat16 at two
 * units in the last place), but integers, booleans and whole decisions exactly.
 */
import { type ElementType, elementTypes, floatFormat } from '../../../graphs/ir/element-type.ts';
import { exponentOf } from '../../../graphs/ir/float-bits.ts';
import type { Tensor } from '../../../graphs/ir/tensor.ts';

/** Relative and absolute tolerance: |result − expected| ≤ atol + rtol |expected|. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** onnx/backend/test/loader: the defaults of every node, simple and converted test. */
const standard: Tolerance = { rtol: 1e-3, atol: 1e-7 };

/** onnx/backend/test/runner: bfloat16 results may be two units off. */
const bfloat16: Tolerance = { rtol: 2 ** -6, atol: 1e-7 };

/** The tolerance of an element type; undefined for types that must agree exactly. */
export function toleranceOf(type: ElementType): Tolerance | undefined {
  const { kind } = elementTypes[type];
  if (kind !== 'float' && kind !== 'complex') return undefined;
  return type === 'bf16' ? bfloat16 : standard;
}

export interface Comparison {
  /** Why the tensors differ, or undefined. */
  readonly reason?: string;
  /** Largest distance in units in the last place of the expected value; 0 for exact types. */
  readonly ulps: number;
}

/** Holds a result against the expected tensor. */
export function compareTensors(result: Tensor, expected: Tensor): Comparison {
  const [a, b] = [describe(result), describe(expected)];
  if (a !== b) return { reason: `gives ${a}, expected ${b}`, ulps: Infinity };
  const tolerance = toleranceOf(expected.shape.type);
  let ulps = 0;
  let reason: string | undefined;
  for (let i = 0; i < expected.data.length; i++) {
    const [got, want] = [result.data[i]!, expected.data[i]!];
    if (got === want || (got !== got && want !== want)) continue;
    if (tolerance) ulps = Math.max(ulps, ulpsApart(Number(got), Number(want), expected.shape.type));
    if (reason === undefined && !isClose(Number(got), Number(want), tolerance)) {
      reason = `element ${i} is ${got}, expected ${want}`;
    }
  }
  return { ulps, ...(reason !== undefined && { reason }) };
}

function describe({ shape }: Tensor): string {
  return `${shape.type}[${shape.dims}]`;
}

function isClose(got: number, want: number, tolerance: Tolerance | undefined): boolean {
  if (!tolerance || !Number.isFinite(got) || !Number.isFinite(want)) return false;
  return Math.abs(got - want) <= tolerance.atol + tolerance.rtol * Math.abs(want);
}

/** Distance in units in the last place of the expected value. */
function ulpsApart(got: number, want: number, type: ElementType): number {
  if (!Number.isFinite(got) || !Number.isFinite(want)) return Infinity;
  const { precision, minExponent } = floatFormat(type);
  const exponent = want === 0 ? minExponent : Math.max(minExponent, exponentOf(Math.abs(want)));
  return Math.abs(got - want) / 2 ** (exponent - precision + 1);
}
