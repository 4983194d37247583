/** The reference against tfjs-backend-cpu, op by op, on the same data in the same run. */
import { sampleValue } from '../../golden/kinds/sample.ts';
import { entryOf, parametersOf } from '../../graphs/ir/module.ts';
import type { ArrayShape } from '../../graphs/ir/shape.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { ms, ratio, row, sideBySide } from './timing.ts';

type Tf = typeof import('@tensorflow/tfjs-core');
type TfTensor = import('@tensorflow/tfjs-core').Tensor;

interface Contest {
  readonly name: string;
  readonly hlo: string;
  readonly theirs: (tf: Tf, inputs: readonly TfTensor[]) => TfTensor;
  /** Data for parameters that are indices. */
  readonly indices?: { readonly parameter: number; readonly below: number };
}

const add = 'add { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] add(a, b) }';
const max = 'max { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] maximum(a, b) }';

const contests: readonly Contest[] = [
  {
    name: 'dot 512³',
    hlo: `ENTRY e { a = f32[512,512] parameter(0)  b = f32[512,512] parameter(1)
      ROOT r = f32[512,512] dot(a, b), lhs_contracting_dims={1}, rhs_contracting_dims={0} }`,
    theirs: (tf, [a, b]) => tf.matMul(a as never, b as never),
  },
  {
    name: 'convolution 1×56×56×64 · 3×3×64×64',
    hlo: `ENTRY e { x = f32[1,56,56,64] parameter(0)  w = f32[3,3,64,64] parameter(1)
      ROOT r = f32[1,56,56,64] convolution(x, w), window={size=3x3 pad=1_1x1_1}, dim_labels=b01f_01io->b01f }`,
    theirs: (tf, [x, w]) => tf.conv2d(x as never, w as never, 1, 'same'),
  },
  {
    name: 'softmax 1024×1024',
    hlo: `${add}\n${max}\nENTRY e { x = f32[1024,1024] parameter(0)  low = f32[] constant(-inf)
      m = f32[1024] reduce(x, low), dimensions={1}, to_apply=max
      mb = f32[1024,1024] broadcast(m), dimensions={0}  s = f32[1024,1024] subtract(x, mb)
      e = f32[1024,1024] exponential(s)  zero = f32[] constant(0)
      n = f32[1024] reduce(e, zero), dimensions={1}, to_apply=add
      nb = f32[1024,1024] broadcast(n), dimensions={0}  ROOT r = f32[1024,1024] divide(e, nb) }`,
    theirs: (tf, [x]) => tf.softmax(x as never),
  },
  {
    name: 'reduce of 1e6',
    hlo: `${add}\nENTRY e { x = f32[1000000] parameter(0)  zero = f32[] constant(0)
      ROOT r = f32[] reduce(x, zero), dimensions={0}, to_apply=add }`,
    theirs: (tf, [x]) => tf.sum(x as never),
  },
  {
    name: 'gather of 1e5 rows',
    hlo: `ENTRY e { x = f32[5000,32] parameter(0)  i = s32[100000] parameter(1)
      ROOT r = f32[100000,32] gather(x, i), offset_dims={1}, collapsed_slice_dims={0},
      start_index_map={0}, index_vector_dim=1, slice_sizes={1,32} }`,
    theirs: (tf, [x, i]) => tf.gather(x as never, i as never),
    indices: { parameter: 1, below: 5000 },
  },
  {
    name: 'scatter of 1e5 rows',
    hlo: `${add}\nENTRY e { u = f32[100000,32] parameter(0)  i = s32[100000,1] parameter(1)
      zero = f32[] constant(0)  z = f32[5000,32] broadcast(zero), dimensions={}
      ROOT r = f32[5000,32] scatter(z, i, u), update_window_dims={1}, inserted_window_dims={0},
      scatter_dims_to_operand_dims={0}, index_vector_dim=1, to_apply=add }`,
    theirs: (tf, [u, i]) => tf.scatterND(i as never, u as never, [5000, 32]),
    indices: { parameter: 1, below: 5000 },
  },
];

/** Prints the table, or one line where the package is not installed. */
export async function benchAgainstTfjs(): Promise<void> {
  const tf = await loadTfjs();
  if (!tf) {
    process.stdout.write('reference against tfjs-backend-cpu: skipped, it is not installed\n');
    return;
  }
  row('the reference', 'ours', 'tfjs cpu', 'ours / tfjs', 'exact / ours');
  for (const contest of contests) {
    const module = parseModule(`HloModule m\n${contest.hlo}`);
    const inputs = parametersOf(entryOf(module)).map((p, n) =>
      input(p.shape as ArrayShape, n, contest),
    );
    const tensors = inputs.map(({ shape, data }) =>
      tf.tensor(data as Float32Array, [...shape.dims], shape.type === 's32' ? 'int32' : 'float32'),
    );
    const lifted = inputs.map(fromPlainValue);
    const [ours, theirs, exact] = sideBySide(
      [
        () => runReference(module, inputs),
        () => contest.theirs(tf, tensors).dataSync(),
        () => runExact(module, lifted),
      ],
      5,
    );
    row(`  ${contest.name}`, ms(ours), ms(theirs), ratio(ours, theirs), ratio(exact, ours));
  }
}

function input(shape: ArrayShape, n: number, { indices }: Contest): Tensor {
  if (indices?.parameter !== n) return sampleValue(shape, n + 1) as Tensor;
  const count = shape.dims.reduce((a, b) => a * b, 1);
  const numbers = Array.from({ length: count }, (_, i) => (i * 7919) % indices.below);
  return tensorOf('s32', shape.dims, numbers);
}

async function loadTfjs(): Promise<Tf | undefined> {
  try {
    const tf = await import('@tensorflow/tfjs-core');
    const backend = '@tensorflow/tfjs-backend-cpu';
    await import(backend);
    await tf.setBackend('cpu');
    return tf;
  } catch {
    return undefined;
  }
}
