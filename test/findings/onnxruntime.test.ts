/**
 * What released compilers get wrong, each as the smallest model that shows it: found by `assay gate` on the
 * default cases of ONNX operators, made small by `assay reduce`, confirmed by numpy and by ONNX's own reference
 * evaluator. A test fails where the version is installed and does not show its finding any more.
 */
import { describe, expect, it } from 'vitest';
import { importOnnxModel } from '../../graphs/importers/onnx/import.ts';
import { widens } from '../../graphs/ir/contract.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { gate } from '../../validator/gate/gate.ts';
import type { Rule } from '../../validator/gate/record.ts';
import { runReference } from '../../validator/reference/run.ts';
import { defaultRunLimits } from '../../validator/toolchains/toolchain.ts';
import { listToolchains, openToolchain } from '../../validator/toolchains/toolchains.ts';
import { type Message, model, node, value } from '../support/onnx-model.ts';

const spec = 'onnxruntime-node@1.30.0';

const isInstalled = listToolchains().some((t) => t.spec === spec && t.unavailable === undefined);
if (!isInstalled) console.log(`skipped: ${spec} in $ASSAY_CACHE`);

interface Found {
  readonly name: string;
  readonly cause: string;
  readonly rule: Rule;
  readonly node: Message;
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** What the model should give, by numpy and by ONNX's reference. */
  readonly right: readonly number[];
}

const int64 = 7;
const kinds: Readonly<Record<string, number>> = { f32: 1, s64: int64 };
const float = (dims: readonly number[], all: readonly number[]) => tensorOf('f32', dims, all);
const whole = (...all: readonly bigint[]) => tensorOf('s64', [all.length], all);
const zeros = (...dims: readonly number[]) =>
  float(dims, Array<number>(dims.reduce((n, d) => n * d, 1)).fill(0));
const nanAt = (at: number, { shape, data }: Tensor) =>
  float(shape.dims, Array.from(data as Float32Array).with(at, Number.NaN));

const findings: readonly Found[] = [
  {
    name: 'Mod of the lowest integer by -1',
    cause: 'the quotient overflows in the processor’s division, which ends the process (SIGFPE)',
    rule: 'crashed',
    node: node('Mod', ['x', 'y'], ['z']),
    inputs: { x: whole(-(2n ** 63n)), y: whole(-1n) },
    right: [0],
  },
  {
    name: 'Mod with fmod of 64-bit integers',
    cause: 'computed in double precision, which holds no odd integer above 2^53',
    rule: 'kernels',
    node: node('Mod', ['x', 'y'], ['z'], { fmod: 1 }),
    inputs: { x: whole(2n ** 53n + 1n), y: whole(2n) },
    right: [1],
  },
  {
    name: 'LSTM with a NaN in the bias of its cell',
    cause: 'its tanh gives 1 for NaN, so that 0.5 · tanh(0.5 · 1) comes out',
    rule: 'kernels',
    node: node('LSTM', ['x', 'w', 'r', 'b'], ['', 'z'], { hidden_size: 4 }),
    inputs: {
      ...{ x: zeros(1, 1, 1), w: zeros(1, 16, 1), r: zeros(1, 16, 4) },
      b: nanAt(28, zeros(1, 32)),
    },
    right: [Number.NaN, 0, 0, 0],
  },
  {
    name: 'GRU with a NaN in the bias of its state',
    cause: 'its tanh gives 1 for NaN, so that 0.5 · 1 comes out',
    rule: 'kernels',
    node: node('GRU', ['x', 'w', 'r', 'b'], ['', 'z'], { hidden_size: 5 }),
    inputs: {
      ...{ x: zeros(1, 1, 1), w: zeros(1, 15, 1), r: zeros(1, 15, 5) },
      b: nanAt(26, zeros(1, 30)),
    },
    right: [0, Number.NaN, 0, 0, 0],
  },
  {
    name: 'MaxPool of -inf',
    cause: 'the maximum begins at the lowest finite number, not at -inf',
    rule: 'kernels',
    node: node('MaxPool', ['x'], ['z'], { kernel_shape: [1, 1] }),
    inputs: { x: float([1, 1, 1, 1], [Number.NEGATIVE_INFINITY]) },
    right: [Number.NEGATIVE_INFINITY],
  },
];

const bytesOf = ({ node: own, inputs }: Found) =>
  model({
    node: [own],
    input: Object.entries(inputs).map(([name, { shape }]) =>
      value(name, shape.dims, kinds[shape.type]),
    ),
    output: [{ name: 'z', type: { tensorType: { elemType: kinds[inputs.x!.shape.type] } } }],
  });

const numbersOf = ({ data }: Tensor) => Array.from(data as ArrayLike<number>, Number);

describe('the reference', () => {
  it.each(findings)('$name: what it should be', (found) => {
    const { module, inputs } = importOnnxModel(bytesOf(found));
    const result = runReference(
      module,
      inputs.map((name) => found.inputs[name]!),
    );
    expect(numbersOf(result as Tensor)).toEqual(found.right);
  });
});

describe.skipIf(!isInstalled)(spec, () => {
  it.each(findings)('$name: $cause', async (found) => {
    const bytes = bytesOf(found);
    const { module, ...names } = importOnnxModel(bytes);
    const inputs = names.inputs.map((name) => found.inputs[name]!);
    const cases = [{ name: 'recorded', inputs, options: '' }];
    const record = await gate({
      ...{ version: '0.0.0', knobs: {}, contract: widens, seed: 1, runLimits: defaultRunLimits },
      graphs: [{ graph: found.name, load: async () => ({ module, bytes, names, cases }) }],
      toolchain: openToolchain(spec),
      allowed: { maxUndecided: 0, maxGrowth: null, suspect: false },
      replay: () => '',
    });
    expect(record.findings.map((f) => [f.rule, f.fails])).toContainEqual([found.rule, true]);
  });
});
