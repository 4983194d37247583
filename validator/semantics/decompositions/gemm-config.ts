/**
 * The backend_config of XLA's cuBLAS custom calls: GemmBackendConfig of
 * xla/service/gpu/backend_configs.proto as JSON. Absent fields have proto3's defaults, 64-bit
 * numbers may be strings, enums names or numbers, and the whole may be a quoted string.
 */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';

/** What is done to alpha·A·B + beta·C before it is rounded to the result type, in order. */
const epilogues = [
  { name: 'DEFAULT' },
  { name: 'BIAS', bias: true },
  { name: 'RELU', activation: 'relu' },
  { name: 'BIAS_RELU', bias: true, activation: 'relu' },
  { name: 'GELU', activation: 'gelu' },
  { name: 'GELU_AUX', activation: 'gelu', aux: true },
  { name: 'BIAS_GELU', bias: true, activation: 'gelu' },
  { name: 'BIAS_GELU_AUX', bias: true, activation: 'gelu', aux: true },
  { name: 'SILU', activation: 'silu' },
  { name: 'BIAS_SILU', bias: true, activation: 'silu' },
] as const satisfies readonly Epilogue[];

/** What cuBLAS does to the product afterwards. */
export interface Epilogue {
  readonly name: string;
  /** A vector along the last dimensions of the result is added. */
  readonly bias?: boolean;
  readonly activation?: 'relu' | 'gelu' | 'silu';
  /** The value before the activation is a second result. */
  readonly aux?: boolean;
}

/** alpha · lhs · rhs + beta · c, then the epilogue. */
export interface GemmConfig {
  /** (re, im) */
  readonly alpha: readonly [number, number];
  readonly beta: number;
  readonly dims: {
    readonly lhs_contracting_dims: readonly number[];
    readonly rhs_contracting_dims: readonly number[];
    readonly lhs_batch_dims: readonly number[];
    readonly rhs_batch_dims: readonly number[];
  };
  readonly epilogue: Epilogue;
  /** The largest |result|, before it is scaled and rounded, is a result. */
  readonly damax: boolean;
}

/** The configuration of a gemm custom call; `run/bad-custom-call` where it cannot be read. */
export function gemmConfig(i: InstructionOf<'custom-call'>): GemmConfig {
  const config = recordOf(recordOf(json(i.extras.backend_config)).gemm_backend_config);
  const dims = recordOf(config.dot_dimension_numbers);
  return {
    alpha: [number(config.alpha_real), number(config.alpha_imag)],
    beta: number(config.beta),
    dims: {
      lhs_contracting_dims: numbers(dims.lhs_contracting_dimensions),
      rhs_contracting_dims: numbers(dims.rhs_contracting_dimensions),
      lhs_batch_dims: numbers(dims.lhs_batch_dimensions),
      rhs_batch_dims: numbers(dims.rhs_batch_dimensions),
    },
    epilogue: epilogueOf(config.epilogue ?? 'DEFAULT'),
    damax: config.damax_output === true,
  };
}

function json(text: string | undefined): unknown {
  if (text === undefined)
    fail('run/unsupported', 'it has no backend_config that says what it does');
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? JSON.parse(value) : value;
  } catch {
    return bad('backend_config is not JSON');
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined) fail('run/unsupported', 'its backend_config does not say what it does');
  if (typeof value !== 'object' || value === null) return bad('gemm_backend_config is incomplete');
  return value as Readonly<Record<string, unknown>>;
}

function number(value: unknown): number {
  const x = typeof value === 'string' ? Number.parseFloat(value) : (value ?? 0);
  return typeof x === 'number' && x === x ? x : bad(`${value} is not a number`);
}

function numbers(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map(number) : [];
}

function epilogueOf(value: unknown): Epilogue {
  const found = typeof value === 'number' ? epilogues[value] : undefined;
  return (
    found ?? epilogues.find((e) => e.name === value) ?? bad(`the epilogue ${value} is not known`)
  );
}

function bad(message: string): never {
  return fail('run/bad-custom-call', message);
}
