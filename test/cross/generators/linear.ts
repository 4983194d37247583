/** Random instances of the linear algebra ops. */
import {
  type ElementType,
  elementTypes,
  isComplex,
  isFloat,
} from '../../../graphs/ir/element-type.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import type { linear as rows } from '../../../graphs/ops/linear.ts';
import { arr, type Gen, isNumber, isWideFloat, type Row, range } from '../gen.ts';

const isSolved = (t: ElementType) => isComplex(t) || (isFloat(t) && elementTypes[t].bits >= 32);

export const linear: Readonly<Record<keyof typeof rows, Row>> = {
  dot,
  'ragged-dot': (g) => {
    const [m, k, n, groups] = [g.int(2, 8), g.int(1, 6), g.int(1, 5), g.int(1, 3)];
    const type = g.pick(['f32', 'bf16', 'f16', 'f64'] as const);
    const sizes = range(groups).map(() => g.int(0, Math.floor(m / groups)));
    const attrs = {
      lhs_contracting_dims: [1],
      rhs_contracting_dims: [1],
      lhs_ragged_dims: [0],
      rhs_group_dims: [0],
    };
    const given = [undefined, undefined, tensorOf('s32', [groups], sizes)];
    const shapes = [arr(type, m, k), arr(type, groups, k, n), arr('s32', groups)];
    return g.op('ragged-dot', shapes, attrs, { given });
  },
  'scaled-dot': (g) => {
    const type = g.pick(['f32', 'bf16', 'f8e4m3fn'] as const);
    const [m, n, blocks, size] = [g.int(1, 5), g.int(1, 5), g.int(1, 3), g.int(1, 4)];
    const shapes = [
      arr(type, m, blocks * size),
      arr(type, blocks * size, n),
      arr('bf16', m, blocks),
      arr('bf16', blocks, n),
    ];
    const attrs = { lhs_contracting_dims: [1], rhs_contracting_dims: [0] };
    return g.op('scaled-dot', shapes, attrs, { shape: arr(g.pick(['f32', 'bf16']), m, n) });
  },
  convolution,
  fft: (g) => {
    const double = g.chance(0.4);
    const [real, complex] = double ? (['f64', 'c128'] as const) : (['f32', 'c64'] as const);
    const kind = g.pick(['FFT', 'IFFT', 'RFFT', 'IRFFT'] as const);
    const rank = g.int(1, 3);
    const lengths = range(rank).map(() => g.int(1, rank > 1 ? 6 : 24));
    const last = lengths[rank - 1];
    const halved = kind === 'IRFFT' ? lengths.with(-1, Math.floor(last / 2) + 1) : lengths;
    const shape = arr(kind === 'RFFT' ? real : complex, ...g.fullDims(0, 1, 4), ...halved);
    return g.op('fft', [shape], { fft_type: kind, fft_length: lengths });
  },
  cholesky: (g) => {
    const type = g.type(isSolved);
    const dims = [...g.fullDims(0, 1, 3), ...range(2).fill(g.int(1, 7))];
    const attrs = { lower: g.chance(0.5) };
    return g.op('cholesky', [arr(type, ...dims)], attrs, { given: [dominant(g, type, dims)] });
  },
  'triangular-solve': (g) => {
    const type = g.type(isSolved);
    const [batch, n, m] = [g.fullDims(0, 1, 3), g.int(1, 7), g.int(1, 4)];
    const left = g.chance(0.5);
    const dims = [...batch, n, n];
    const right = arr(type, ...batch, ...(left ? [n, m] : [m, n]));
    const attrs = {
      left_side: left,
      lower: g.chance(0.5),
      unit_diagonal: g.chance(0.2),
      transpose_a: g.pick(['NO_TRANSPOSE', 'TRANSPOSE', 'ADJOINT'] as const),
    };
    const given = [dominant(g, type, dims), undefined];
    return g.op('triangular-solve', [arr(type, ...dims), right], attrs, { given });
  },
  'batch-norm-training': (g) => batchNorm(g, 'batch-norm-training'),
  'batch-norm-inference': (g) => batchNorm(g, 'batch-norm-inference'),
  'batch-norm-grad': (g) => batchNorm(g, 'batch-norm-grad'),
};

/** Batch and contracting dimensions in any place of either operand. */
function dot(g: Gen) {
  const type = g.type(isNumber);
  const [batch, contracting] = [g.dims(0, 2, 3), g.dims(0, 2, g.chance(0.2) ? 64 : 6)];
  const shared = [...batch, ...contracting];
  const sides = [0, 1].map(() => {
    const own = g.dims(0, 2, 5);
    const order = g.permutation(shared.length + own.length);
    const sizes = [...shared, ...own];
    return {
      dims: order.map((k) => sizes[k]),
      at: range(sizes.length).map((k) => order.indexOf(k)),
    };
  });
  const [a, b] = sides;
  const attrs = {
    lhs_batch_dims: a.at.slice(0, batch.length),
    lhs_contracting_dims: a.at.slice(batch.length, shared.length),
    rhs_batch_dims: b.at.slice(0, batch.length),
    rhs_contracting_dims: b.at.slice(batch.length, shared.length),
  };
  const rows = a.at.slice(shared.length).sort((x, y) => x - y);
  const columns = b.at.slice(shared.length).sort((x, y) => x - y);
  const result = [...batch, ...rows.map((d) => a.dims[d]), ...columns.map((d) => b.dims[d])];
  const shapes = [arr(type, ...a.dims), arr(type, ...b.dims)];
  return g.op('dot', shapes, attrs, { shape: arr(resultType(g, type), ...result) });
}

/** The operands' type, or a wider one to accumulate in. */
function resultType(g: Gen, type: ElementType): ElementType {
  if (g.chance(0.6)) return type;
  const wider: { readonly [T in ElementType]?: ElementType } = {
    bf16: 'f32',
    f16: 'f32',
    f8e5m2: 'f32',
    f8e4m3fn: 'f32',
    s4: 's32',
    s8: 's32',
    u8: 'u32',
    s16: 's32',
  };
  return wider[type] ?? type;
}

/** Grouped by feature or by batch or not at all, the dimensions in random places. */
function convolution(g: Gen) {
  const type = g.type(isNumber);
  const n = g.int(1, 3);
  const size = g.fullDims(n, n, 7);
  const everything = g.chance(0.25);
  const groups = everything || g.chance(0.3) ? g.int(2, 3) : 1;
  const byBatch = groups > 1 && g.chance(everything ? 0.8 : 0.4);
  const inputFeatures = g.int(1, 3);
  const outputFeatures = g.int(1, 2) * groups;
  const batch = byBatch ? groups * g.int(1, 2) : g.int(1, 2);
  const window = size.map((d) => {
    const reversal = g.chance(everything ? 0.7 : 0.15);
    const drawn = { ...g.windowDim(d, false, everything ? 0.7 : 0.3), reversal };
    const room = (d - 1) * drawn.baseDilation - (drawn.size - 1) * drawn.windowDilation;
    return room > 1 && g.chance(0.2) ? { ...drawn, padLow: -1, padHigh: g.int(-1, 1) } : drawn;
  });
  const place = () => g.permutation(n + 2);
  const [i, k, o] = [place(), place(), place()];
  const dim_labels = {
    inputBatch: i[0],
    inputFeature: i[1],
    inputSpatial: i.slice(2),
    kernelInputFeature: k[0],
    kernelOutputFeature: k[1],
    kernelSpatial: k.slice(2),
    outputBatch: o[0],
    outputFeature: o[1],
    outputSpatial: o.slice(2),
  };
  const input = placed(i, [batch, byBatch ? inputFeatures : inputFeatures * groups, ...size]);
  const kernel = placed(k, [inputFeatures, outputFeatures, ...window.map((w) => w.size)]);
  const attrs = {
    window,
    dim_labels,
    feature_group_count: byBatch ? 1 : groups,
    batch_group_count: byBatch ? groups : 1,
  };
  return g.op('convolution', [arr(type, ...input), arr(type, ...kernel)], attrs);
}

/** sizes[j] at position at[j]. */
function placed(at: readonly number[], sizes: readonly number[]): number[] {
  const dims = new Array<number>(sizes.length);
  at.forEach((d, j) => {
    dims[d] = sizes[j];
  });
  return dims;
}

function batchNorm(
  g: Gen,
  opcode: 'batch-norm-training' | 'batch-norm-inference' | 'batch-norm-grad',
) {
  const type = g.type((t) => isWideFloat(t));
  const dims = g.fullDims(2, 4, 5);
  const feature = g.int(0, dims.length - 1);
  const vector = arr(type, dims[feature]);
  const data = arr(type, ...dims);
  const more = {
    'batch-norm-training': [vector, vector],
    'batch-norm-inference': [vector, vector, vector, vector],
    'batch-norm-grad': [vector, vector, vector, data],
  }[opcode];
  const variance = opcode === 'batch-norm-inference' ? 4 : 3;
  const positive = tensorOf(
    type,
    vector.dims,
    range(dims[feature]).map(() => g.int(1, 16) / 4),
  );
  const given = more.length > 2 ? [...range(variance).map(() => undefined), positive] : [];
  const attrs = { epsilon: g.pick([0.001, 0.00001, 1]), feature_index: feature };
  return g.op(opcode, [data, ...more], attrs, { given });
}

/** Symmetric (Hermitian) matrices of small dyadic numbers, their diagonals dominant. */
function dominant(g: Gen, type: ElementType, dims: readonly number[]): Tensor {
  const n = dims.at(-1) ?? 1;
  const shape = arrayShape(type, dims);
  const width = isComplex(type) ? 2 : 1;
  const matrices = shape.dims.slice(0, -2).reduce((a, b) => a * b, 1);
  const values = new Array<number>(matrices * n * n * width).fill(0);
  for (let m = 0; m < matrices; m++) {
    for (let r = 0; r < n; r++) {
      for (let c = 0; c <= r; c++) {
        const [low, high] = [(m * n + r) * n + c, (m * n + c) * n + r].map((e) => e * width);
        const re = r === c ? 2 * n + g.int(1, 9) / 4 : g.int(-8, 8) / 8;
        [values[low], values[high]] = [re, re];
        if (width === 1 || r === c) continue;
        const im = g.int(-8, 8) / 8;
        [values[low + 1], values[high + 1]] = [im, -im];
      }
    }
  }
  return tensorOf(isFloat(type) || isComplex(type) ? type : 'f32', dims, values);
}
