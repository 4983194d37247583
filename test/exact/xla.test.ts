/** Real XLA:CPU (corpora, xla-dumps): its recorded outputs lie inside the budget of the module as written. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../golden/store/safetensors.ts';
import { tupleValue } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { corpora, corpus } from '../support/corpora.ts';
import { useOf } from '../support/exact/exact.ts';

const dumps = corpora ? corpus('xla-dumps', 'cpu') : undefined;
const programs = dumps
  ? readdirSync(dumps, { withFileTypes: true }).filter((f) => f.isDirectory())
  : [];

function tensorsOf(file: string) {
  return [...readSafetensors(readFileSync(file), file).tensors.values()];
}

describe.skipIf(!dumps)('outputs of XLA:CPU', () => {
  it.each(programs.map((p) => p.name))('%s', (program) => {
    const folder = `${dumps}/${program}`;
    const before = readdirSync(folder).find((f) => f.endsWith('before_optimizations.txt'))!;
    const module = parseModule(readFileSync(`${folder}/${before}`, 'utf8'));
    const inputs = tensorsOf(`${folder}/inputs.safetensors`);
    const outputs = tupleValue(tensorsOf(`${folder}/outputs.safetensors`));
    const { value } = runExact(module, inputs.map(fromPlainValue));
    const use = useOf(outputs, value);
    expect(use.bound).toBeLessThanOrEqual(1);
    expect(use.budget).toBeLessThanOrEqual(1);
  });
});
