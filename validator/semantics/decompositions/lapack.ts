/**
 * LAPACK and BLAS calls of JAX on CPUs (jaxlib's FFI handlers, `lapack_spotrf_ffi` …) as plain HLO, for
 * those that XLA has an op for. Their settings are characters in backend_config, as LAPACK has them:
 * `uplo = 76 : ui8` is 'L'. Factorisations that have no such op stay unknown functions.
 */
import type { ComputationBuilder } from '../../../graphs/build/builder.ts';
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { elementTypes } from '../../../graphs/ir/element-type.ts';
import type { Instruction, InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../../../graphs/ir/shape.ts';
import { arrayOf, expansion, reshaped, sliced } from './decomposition.ts';

type Call = InstructionOf<'custom-call'>;

/** The character of a setting; the first of those allowed where the call leaves it out. */
function setting<C extends string>(i: Call, name: string, ...allowed: readonly [C, ...C[]]): C {
  const [, code] = new RegExp(`\\b${name} = (\\d+)`).exec(i.extras.backend_config ?? '') ?? [];
  if (code === undefined) return allowed[0];
  const found = allowed.find((c) => c.charCodeAt(0) === Number(code));
  return found ?? fail('run/unsupported', `${name} = ${code} is none of ${allowed.join(', ')}`);
}

/**
 * (the factor in its triangle, and what the operand has in the other; 0, or the order of the first
 * leading minor that is not positive).
 */
export function cholesky(i: Call, operands: readonly ArrayShape[]) {
  const lower = setting(i, 'uplo', 'L', 'U') === 'L';
  return expansion('potrf', operands, (b, [a]) => {
    const factor = b.op('cholesky', [a], { lower });
    const row = index(b, a, 2);
    const column = index(b, a, 1);
    const inside = b.op('compare', lower ? [row, column] : [column, row], { direction: 'GE' });
    return b.op('tuple', [b.op('select', [inside, factor, a]), failure(b, factor)]);
  });
}

/** Where an element stands along the k-th dimension from the last one, 1 being that. */
function index(b: ComputationBuilder, x: Instruction, k: number): Instruction {
  const { dims } = arrayOf(x);
  return b.op('iota', [], { iota_dimension: dims.length - k }, { shape: arrayShape('s32', dims) });
}

/** One number a matrix: k + 1 for the first pivot k that is not above zero, else 0. */
function failure(b: ComputationBuilder, factor: Instruction): Instruction {
  const { dims } = arrayOf(factor);
  const batch = dims.slice(0, -2);
  const along = batch.length;
  const info = (value: number) => b.broadcast(b.scalar('s32', value), batch);
  let found = info(0);
  for (let k = dims[along]! - 1; k >= 0; k--) {
    const line = sliced(b, factor, along, k, k + 1);
    const pivot = real(b, reshaped(b, sliced(b, line, along + 1, k, k + 1), batch));
    const zero = b.broadcast(b.scalar(arrayOf(pivot).type, 0), batch);
    const holds = b.op('compare', [pivot, zero], { direction: 'GT' });
    found = b.op('select', [holds, found, info(k + 1)]);
  }
  return found;
}

function real(b: ComputationBuilder, x: Instruction): Instruction {
  return elementTypes[arrayOf(x).type].kind === 'complex' ? b.op('real', [x]) : x;
}

const transposes = { N: 'NO_TRANSPOSE', T: 'TRANSPOSE', C: 'ADJOINT' } as const;

/** x of op(a)·x = b, or x·op(a) = b. */
export function triangularSolve(i: Call, operands: readonly ArrayShape[]) {
  return expansion('trsm', operands, (b, [a, right]) =>
    b.op('triangular-solve', [a, right], {
      left_side: setting(i, 'side', 'L', 'R') === 'L',
      lower: setting(i, 'uplo', 'L', 'U') === 'L',
      unit_diagonal: setting(i, 'diag', 'N', 'U') === 'U',
      transpose_a: transposes[setting(i, 'trans_x', 'N', 'T', 'C')],
    }),
  );
}
