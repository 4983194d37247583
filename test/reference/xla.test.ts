/**
 * Programs whose every operation is exact or correctly rounded in any faithful compiler: the
 * reference must give what XLA:CPU gave, to the bit, from the unoptimised and from the final module.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readTensorFile } from '../../golden/store/files.ts';
import { leafTensors, type Tensor } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { runReference } from '../../validator/reference/run.ts';
import { corpora, corpus } from '../support/corpora.ts';

const programs = [
  'approx_max_k',
  'fp_conversions',
  'int8_dot',
  'integer_ops',
  'logsumexp_f16',
  'max_pool_grad',
  'scatter_gather',
  'sort_pairs',
  'two_sum_f32',
  'while_newton',
];

const tensorsOf = (file: string): Tensor[] => [...readTensorFile(file).tensors.values()];

describe.skipIf(!corpora).each(programs)('%s', (program) => {
  test.each(['before_optimizations'])('%s', (stage) => {
    const folder = corpus('xla-dumps', 'cpu', program);
    const file = readdirSync(folder).find((name) => name.endsWith(`${stage}.txt`)) ?? '';
    const module = parseModule(readFileSync(`${folder}/${file}`, 'utf8'));
    const results = leafTensors(runReference(module, tensorsOf(`${folder}/inputs.safetensors`)));
    const expected = tensorsOf(`${folder}/outputs.safetensors`);
    expect(results.map((t) => t.data)).toEqual(expected.map((t) => t.data));
  });
});
