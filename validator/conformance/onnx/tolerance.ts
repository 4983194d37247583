/**
 * How results are held against the expected ones: as ONNX's own backend test runner does
 * (onnx/backend/test/runner: numpy's assert_allclose), but integers and booleans exactly. This is
 * the one place of these numbers; they are the suite's, not budgets of Assay's own.
 */
import { byName } from '../../../graphs/ir/by-name.ts';
import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import type { Tensor } from '../../../graphs/ir/tensor.ts';
import { ulpDistance } from '../ulp.ts';

/** |result − expected| ≤ atol + rtol |expected|. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** onnx/backend/test/loader: the defaults of every test that brings no data.json. */
const standard: Tolerance = { rtol: 1e-3, atol: 1e-7 };

/** onnx/backend/test/runner: bfloat16 results may be two units in the last place off. */
const bfloat16: Tolerance = { rtol: 2 ** -6, atol: 1e-7 };

/**
 * Ops whose recorded results carry the rounding of an f32 transform where the exact value is zero:
 * onnxruntime's settings for the same suite (testdata/onnx_backend_test_series_overrides.jsonc) give
 * every test atol 1e-5, and the forward transforms 1e-4.
 */
const byOp: Readonly<Record<string, Partial<Tolerance>>> = byName({
  DFT: { atol: 1e-5 },
  STFT: { atol: 1e-5 },
});

/** The tolerance for an element type; undefined for types that must agree exactly. */
export function toleranceOf(
  type: ElementType,
  op: string,
  own: Partial<Tolerance> = {},
): Tolerance | undefined {
  const { kind } = elementTypes[type];
  if (kind !== 'float' && kind !== 'complex') return undefined;
  return { ...(type === 'bf16' ? bfloat16 : standard), ...byOp[op], ...own };
}

/** Whether one result is what was expected, and how far it lies from it. */
export interface Comparison {
  /** Why the tensors differ, or undefined. */
  readonly reason?: string;
  /** Largest distance in units in the last place of the type; null for types without. */
  readonly ulp: number | null;
}

/** Holds a result against the expected tensor. */
export function compareTensors(
  result: Tensor,
  expected: Tensor,
  tolerance: Tolerance | undefined,
): Comparison {
  const [a, b] = [describe(result), describe(expected)];
  if (a !== b) return { reason: `gives ${a}, expected ${b}`, ulp: null };
  const distance = tolerance && ulpDistance(expected.shape.type);
  let ulp = 0;
  let reason: string | undefined;
  for (let i = 0; i < expected.data.length; i++) {
    const [got, want] = [result.data[i]!, expected.data[i]!];
    if (got === want || (got !== got && want !== want)) continue;
    if (distance) ulp = Math.max(ulp, distance(Number(got), Number(want)));
    if (reason === undefined && !isClose(Number(got), Number(want), tolerance)) {
      reason = `element ${i} is ${got}, expected ${want}`;
    }
  }
  return { ulp: distance ? ulp : null, ...(reason !== undefined && { reason }) };
}

function describe({ shape }: Tensor): string {
  return `${shape.type}[${shape.dims}]`;
}

function isClose(got: number, want: number, tolerance: Tolerance | undefined): boolean {
  if (!tolerance || !Number.isFinite(got) || !Number.isFinite(want)) return false;
  return Math.abs(got - want) <= tolerance.atol + tolerance.rtol * Math.abs(want);
}
