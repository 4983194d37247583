/** StableHLO's linear algebra: dots, convolution, solvers, transforms, batch normalisation. */
import { isFloat } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import type { ConvDims } from '../../../ops/attr.ts';
import { opTable } from '../../../ops/table.ts';
import type { Attr } from '../parse/ast.ts';
import { intsOf, type LoweringRows, type OpContext, StructReader } from './op-context.ts';
import { windowOf } from './rows-reduction.ts';

/** `[DEFAULT, HIGH]`; nothing where all are the default. */
function precision(o: OpContext): readonly string[] {
  const found = o.attr('precision', 'precision_config');
  if (found?.kind !== 'array') return [];
  const words = found.items.map((i) => (i.kind === 'word' ? i.value.toLowerCase() : 'default'));
  return words.every((w) => w === 'default') ? [] : words;
}

/** Dimension pairs of the pretty form, `[1] x [0]`. */
function pair(attr: Attr | undefined): readonly [readonly number[], readonly number[]] {
  if (attr?.kind !== 'pair') return [[], []];
  return [intsOf(attr.left) ?? [], intsOf(attr.right) ?? []];
}

function dotDims(o: OpContext) {
  if (!o.attr('dot_dimension_numbers')) {
    const [lhsBatch, rhsBatch] = pair(o.attr('batching_dims'));
    const [lhs, rhs] = pair(o.attr('contracting_dims'));
    return dims(lhsBatch, lhs, rhsBatch, rhs);
  }
  const d = o.struct('dot_dimension_numbers');
  return dims(
    d.ints('lhs_batching_dimensions'),
    d.ints('lhs_contracting_dimensions'),
    d.ints('rhs_batching_dimensions'),
    d.ints('rhs_contracting_dimensions'),
  );
}

type Dims = readonly number[];

function dims(lhsBatch: Dims, lhs: Dims, rhsBatch: Dims, rhs: Dims) {
  return {
    lhs_batch_dims: lhsBatch,
    lhs_contracting_dims: lhs,
    rhs_batch_dims: rhsBatch,
    rhs_contracting_dims: rhs,
  };
}

type Algorithm = NonNullable<Parameters<typeof opTable.dot.shape>[0]['attrs']['algorithm']>;

/** The algorithm of a dot by HLO's name: types of the parts, then how many of them make one. */
function algorithm(o: OpContext): Algorithm | undefined {
  const found = o.attr('algorithm');
  if (!found || (found.kind === 'word' && found.value === 'UNSET')) return undefined;
  const d = found.kind === 'dict' ? new StructReader(found.entries, o) : undefined;
  if (!d) return o.fail('attribute', 'algorithm is malformed');
  const part = (name: string) => d.text(name).toLowerCase();
  const [lhs, rhs, sum] = [
    part('lhs_precision_type'),
    part('rhs_precision_type'),
    part('accumulation_type'),
  ];
  const parts = d.int('num_primitive_operations', 1);
  const eight = lhs.startsWith('f8') && rhs.startsWith('f8');
  const fast = d.text('allow_imprecise_accumulation') === 'true' ? '_fast_accum' : '';
  const stem = eight ? `dot_any_f8_any_f8_${sum}${fast}` : `dot_${lhs}_${rhs}_${sum}`;
  const name = parts > 1 ? `${stem}_x${parts}` : stem;
  const known = opTable.dot.attrs.algorithm.values ?? [];
  if (!(known as readonly string[]).includes(name)) {
    o.fail('unsupported-algorithm', `there is no algorithm ${name} in HLO`);
  }
  return name as Algorithm;
}

/** Batch dimensions, then what is left of lhs, then of rhs; in the declared element type. */
function dotGeneral(o: OpContext): Instruction {
  const d = dotDims(o);
  const free = (i: number, ...taken: (readonly number[])[]) =>
    o.shape(i).dims.filter((_, k) => !taken.some((t) => t.includes(k)));
  const lhsDims = o.shape(0).dims;
  const result = [
    ...d.lhs_batch_dims.map((k) => lhsDims[k]!),
    ...free(0, d.lhs_batch_dims, d.lhs_contracting_dims),
    ...free(1, d.rhs_batch_dims, d.rhs_contracting_dims),
  ];
  const chosen = isFloat(o.shape().type) ? algorithm(o) : undefined;
  const attrs = { ...d, operand_precision: precision(o), ...(chosen && { algorithm: chosen }) };
  const shape = { kind: 'array', type: o.resultType().type, dims: result } as const;
  return o.emit('dot', [o.x(0), o.x(1)], attrs, { shape });
}

/** Batch, contracting, ragged and group dimensions as HLO's ragged-dot has them. */
function raggedDot(o: OpContext): Instruction {
  const d = o.struct('ragged_dot_dimension_numbers');
  const attrs = {
    ...dims(
      d.ints('lhs_batching_dimensions'),
      d.ints('lhs_contracting_dimensions'),
      d.ints('rhs_batching_dimensions'),
      d.ints('rhs_contracting_dimensions'),
    ),
    lhs_ragged_dims: d.ints('lhs_ragged_dimensions'),
    rhs_group_dims: d.ints('rhs_group_dimensions'),
    operand_precision: precision(o),
  };
  const shape = o.declaredArray();
  return o.emit('ragged-dot', [o.x(0), o.x(1), o.x(2)], attrs, { shape });
}

/** The last dimension of lhs against the first of rhs. */
function dot(o: OpContext): Instruction {
  const contracting = o.shape(0).dims.length - 1;
  const attrs = {
    lhs_contracting_dims: [contracting],
    rhs_contracting_dims: [0],
    operand_precision: precision(o),
  };
  const result = [...o.shape(0).dims.slice(0, -1), ...o.shape(1).dims.slice(1)];
  const shape = { kind: 'array', type: o.resultType().type, dims: result } as const;
  return o.emit('dot', [o.x(0), o.x(1)], attrs, { shape });
}

/** A convolution; padding comes as an attribute or, for dynamic_conv, from an operand. */
export function convolution(o: OpContext, padding: readonly number[]): Instruction {
  const attr = o.attr('dimension_numbers');
  if (attr?.kind !== 'conv') return o.fail('attribute', 'dimension_numbers is missing');
  const labels: ConvDims = attr.dims;
  const sizes = labels.kernelSpatial.map((d) => o.shape(1).dims[d]!);
  const reversal = o.bools(['window_reversal']);
  const window = windowOf(sizes, {
    strides: o.ints(['window_strides'], []),
    padding,
    base: o.ints(['lhs_dilation'], []),
    window: o.ints(['rhs_dilation'], []),
    ...(reversal && { reversal }),
  });
  const attrs = {
    window,
    dim_labels: labels,
    feature_group_count: o.int(['feature_group_count'], 1),
    batch_group_count: o.int(['batch_group_count'], 1),
    operand_precision: precision(o),
  };
  const shape = o.declared();
  return o.emit('convolution', [o.x(0), o.x(1)], attrs, { ...(shape && { shape }) });
}

const transposes = ['NO_TRANSPOSE', 'TRANSPOSE', 'ADJOINT'] as const;
const transforms = ['FFT', 'IFFT', 'RFFT', 'IRFFT'] as const;

function oneOf<const W extends readonly string[]>(
  o: OpContext,
  values: W,
  word: string,
): W[number] {
  return values.find((v) => v === word) ?? o.fail('attribute', `${word} is none of ${values}`);
}

function triangularSolve(o: OpContext) {
  return o.emit('triangular-solve', [o.x(0), o.x(1)], {
    left_side: o.bool(['left_side'], false),
    lower: o.bool(['lower'], false),
    unit_diagonal: o.bool(['unit_diagonal'], false),
    transpose_a: oneOf(o, transposes, o.word(['transpose_a'])),
  });
}

function fft(o: OpContext) {
  const fft_type = oneOf(o, transforms, o.word(['type', 'fft_type']));
  return o.emit('fft', [o.x()], { fft_type, fft_length: o.ints(['length', 'fft_length']) });
}

function batchNorm(o: OpContext) {
  return { epsilon: o.float(['epsilon']), feature_index: o.int(['feature_index']) };
}

/** Rows by op. */
export const linearRows: LoweringRows = {
  'chlo.ragged_dot': raggedDot,
  'stablehlo.batch_norm_grad': (o) =>
    o.untuple(o.emit('batch-norm-grad', o.operands, batchNorm(o))),
  'stablehlo.batch_norm_inference': (o) => o.emit('batch-norm-inference', o.operands, batchNorm(o)),
  'stablehlo.batch_norm_training': (o) =>
    o.untuple(o.emit('batch-norm-training', o.operands, batchNorm(o))),
  'stablehlo.cholesky': (o) => o.emit('cholesky', [o.x()], { lower: o.bool(['lower'], false) }),
  'stablehlo.convolution': (o) => convolution(o, o.ints(['padding'], [])),
  'stablehlo.dot': dot,
  'stablehlo.dot_general': dotGeneral,
  'stablehlo.fft': fft,
  'stablehlo.triangular_solve': triangularSolve,
};
