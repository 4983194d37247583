/**
 * ONNX Runtime's own operators, held against what the version of it that runtime-ops.json names made of
 * small nodes (test/cross/onnx/record.py), and the laws of its blocked layout.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importOnnx } from '../../../graphs/importers/onnx/import.ts';
import { elementTypeOf } from '../../../graphs/importers/onnx/tensor-data.ts';
import { isFloat, isWide } from '../../../graphs/ir/element-type.ts';
import { leafTensors, type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { floats, type Message, model, node, value } from '../../support/onnx-model.ts';

interface Recorded {
  readonly type: number;
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

interface Case {
  readonly domain: string;
  readonly op: string;
  /** ONNX's number of the attribute's type and its value. */
  readonly attributes: Readonly<Record<string, readonly [number, unknown]>>;
  readonly inputs: readonly (Recorded | null)[];
  readonly outputs: readonly boolean[];
  /** Inputs that are initialisers. */
  readonly fixed: readonly number[];
  readonly expected: readonly Recorded[];
}

const file = new URL('./runtime-ops.json', import.meta.url);
const { cases, onnxruntime } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly onnxruntime: string;
  readonly cases: readonly Case[];
};

const fields: Readonly<Record<number, string>> = { 1: 'f', 2: 'i', 3: 's', 6: 'floats', 7: 'ints' };

function attributesOf({ attributes }: Case): Message[] {
  return Object.entries(attributes).map(([name, [type, v]]) => {
    const field = fields[type]!;
    return { name, [field]: field === 's' ? new TextEncoder().encode(v as string) : v };
  });
}

function tensor({ type, dims, values }: Recorded): Tensor {
  const element = elementTypeOf(type, 'a case');
  return tensorOf(element, dims, isWide(element) ? values.map(BigInt) : values);
}

const initializer = (name: string, { type, dims, values }: Recorded): Message =>
  type === 1
    ? floats(name, dims, values)
    : { name, dims, dataType: type, [type === 7 ? 'int64Data' : 'int32Data']: values };

function bytesOf(c: Case): Uint8Array {
  const names = c.inputs.map((x, k) => (x ? `x${k}` : ''));
  const made = node(
    c.op,
    names,
    c.outputs.map((wanted, k) => (wanted ? `y${k}` : '')),
    {},
    {
      domain: c.domain,
      attribute: attributesOf(c),
    },
  );
  const given = (isFixed: boolean) =>
    c.inputs.flatMap((x, k) =>
      x && c.fixed.includes(k) === isFixed ? [{ x, name: `x${k}` }] : [],
    );
  return model({
    node: [made],
    input: given(false).map(({ x, name }) => value(name, x.dims, x.type)),
    initializer: given(true).map(({ x, name }) => initializer(name, x)),
    output: c.outputs.flatMap((wanted, k) => (wanted ? [value(`y${k}`, null)] : [])),
  });
}

/** Elements as far from the recorded ones as f32 arithmetic and approximated functions may be. */
function expectNear(found: Tensor, recorded: Recorded): void {
  expect(found.shape).toMatchObject({
    type: elementTypeOf(recorded.type, ''),
    dims: recorded.dims,
  });
  const values = Array.from(found.data as ArrayLike<number | bigint>, Number);
  if (!isFloat(found.shape.type)) expect(values).toEqual(recorded.values);
  values.forEach((v, k) => {
    const want = recorded.values[k]!;
    expect(Math.abs(v - want), `${k}: ${v} ${want}`).toBeLessThan(
      2e-5 * Math.max(1, Math.abs(want)),
    );
  });
}

describe(`as onnxruntime ${onnxruntime}`, () => {
  it.each(cases.map((c, k) => [`${c.domain}.${c.op}`, k, c] as const))(
    '%s (case %i)',
    (_, __, c) => {
      const module = importOnnx(bytesOf(c));
      expect(verifyModule(module)).toEqual([]);
      const inputs = c.inputs.flatMap((x, k) => (x && !c.fixed.includes(k) ? [tensor(x)] : []));
      const found = leafTensors(runReference(module, inputs));
      expect(found).toHaveLength(c.expected.length);
      found.forEach((t, k) => {
        expectNear(t, c.expected[k]!);
      });
    },
  );
});

const blocked = { domain: 'com.microsoft.nchwc' };

describe('the blocked layout', () => {
  const size = fc.integer({ min: 1, max: 3 });

  it('is left as it was entered, whatever the channels', () => {
    const channels = fc.integer({ min: 1, max: 34 });
    fc.assert(
      fc.property(size, channels, size, size, fc.boolean(), (n, c, h, w, last) => {
        const dims = last ? [n, h, w, c] : [n, c, h, w];
        const attributes = { channels_last: last ? 1 : 0 };
        const graph = {
          node: [
            node('ReorderInput', ['x'], ['t'], attributes, blocked),
            node('ReorderOutput', ['t'], ['y'], { ...attributes, channels: c }, blocked),
          ],
          input: [value('x', dims)],
          output: [value('y', null)],
        };
        const x = tensorOf(
          'f32',
          dims,
          Array.from({ length: n * c * h * w }, (_, k) => k),
        );
        const [y] = leafTensors(runReference(importOnnx(model(graph)), [x]));
        expect(y).toEqual(x);
      }),
      { numRuns: 15 },
    );
  });

  /** x in blocks of b channels, then out through a convolution that copies each channel. */
  it.each([
    [8, 24],
    [16, 32],
  ])('has blocks of %i where a convolution has %i channels', (b, channels) => {
    const kernel = Array.from({ length: channels }, (_, k) => k + 1);
    const graph = {
      node: [
        node('ReorderInput', ['x'], ['t'], {}, blocked),
        node('Conv', ['t', 'w'], ['y'], { group: channels, kernel_shape: [1, 1] }, blocked),
      ],
      input: [value('x', [1, channels, 1, 2])],
      output: [value('y', null)],
      initializer: [floats('w', [channels, 1, 1, 1], kernel)],
    };
    const ones = tensorOf('f32', [1, channels, 1, 2], new Array(2 * channels).fill(1));
    const [y] = leafTensors(runReference(importOnnx(model(graph)), [ones]));
    const inBlocks = Array.from({ length: channels / b }, (_, block) => {
      const own = kernel.slice(block * b, (block + 1) * b);
      return [...own, ...own];
    });
    expect(Array.from(y!.data as Float32Array)).toEqual(inBlocks.flat());
  });
});

describe('what is not written out is refused by its name', () => {
  const microsoft = { domain: 'com.microsoft' };
  it.each([
    ['BeamSearch', {}, /com\.microsoft\.BeamSearch.*search for words/],
    ['MoE', {}, /com\.microsoft\.MoE.*experts/],
    ['Attention', { num_heads: 1, do_rotary: 1 }, /com\.microsoft\.Attention.*do_rotary=1/],
    ['MatMulNBits', { N: 1, K: 1, block_size: 16, bits: 3 }, /MatMulNBits.*bits=3/],
    ['FusedConv', { activation: 'Cosine' }, /FusedConv.*activation Cosine is unknown/],
    ['NoSuchOp', {}, /com\.microsoft\.NoSuchOp.*not supported/],
  ])('%s %o', (op, attributes, message) => {
    const graph = {
      node: [node(op, ['x', 'x', 'x'], ['y'], attributes, microsoft)],
      input: [value('x', [1, 1, 1])],
      output: [value('y', null)],
    };
    expect(() => importOnnx(model(graph))).toThrow(message);
  });
});
