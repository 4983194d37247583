/** The grammar of XLA's dump file names: every form, what is no state, and the way there and back. */
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  type DumpFileName,
  parseDumpFileName,
  printDumpFileName,
  type Stage,
} from '../../validator/dump/file-names.ts';
import { corpora, corpus } from '../support/corpora.ts';

const between = (step: number, pipeline: string, after: string, before: string): Stage => {
  return { kind: 'between', step, pipeline, after, before };
};

const forms: readonly (readonly [string, Omit<DumpFileName, 'timestamp'>])[] = [
  [
    'module_0044.jit_f.0012.simplification.after_algsimp.before_simplify-sorts.txt',
    {
      id: 44,
      module: 'jit_f',
      stage: between(12, 'simplification', 'algsimp', 'simplify-sorts'),
    },
  ],
  [
    'module_0003.f.0031.after_layout_assignment.after_pipeline-start.before_pipeline-end.txt',
    {
      id: 3,
      module: 'f',
      stage: between(31, 'after_layout_assignment', 'pipeline-start', 'pipeline-end'),
    },
  ],
  [
    'module_0007.a.0001.b.c.0002.HLO passes.v2.after_p.q.before_r s.txt',
    { id: 7, module: 'a.0001.b.c', stage: between(2, 'HLO passes.v2', 'p.q', 'r s') },
  ],
  [
    'module_12345.10000.p.after_a.before_b.txt',
    { id: 12345, module: '', stage: between(10000, 'p', 'a', 'b') },
  ],
  [
    'module_0001.jit_f.before_optimizations.txt',
    { id: 1, module: 'jit_f', stage: { kind: 'before-optimizations' } },
  ],
  [
    'module_0001.before_optimizations.txt',
    { id: 1, module: '', stage: { kind: 'before-optimizations' } },
  ],
  [
    'module_0001.jit_f.cpu_after_optimizations.txt',
    { id: 1, module: 'jit_f', stage: { kind: 'after-optimizations', platform: 'cpu' } },
  ],
  [
    'module_0001.a.b.sm_9.0_gpu_after_optimizations.txt',
    { id: 1, module: 'a.b', stage: { kind: 'after-optimizations', platform: 'sm_9.0_gpu' } },
  ],
  [
    'module_0001.f.gfx90a_gpu_after_optimizations.txt',
    { id: 1, module: 'f', stage: { kind: 'after-optimizations', platform: 'gfx90a_gpu' } },
  ],
  [
    'module_0001.f.after_optimizations.txt',
    { id: 1, module: 'f', stage: { kind: 'after-optimizations', platform: '' } },
  ],
];

describe('names of states', () => {
  it.each(forms)('%s', (name, parts) => {
    expect(parseDumpFileName(name)).toEqual({ timestamp: '', ...parts });
    expect(printDumpFileName({ timestamp: '', ...parts })).toBe(name);
  });

  it.each(forms)('%s with a time', (name, parts) => {
    expect(parseDumpFileName(`1732374000000000.${name}`)).toEqual({
      timestamp: '1732374000000000',
      ...parts,
    });
  });
});

test.each([
  'inputs.safetensors',
  'module_0001.f.cpu_after_optimizations-buffer-assignment.txt',
  'module_0001.f.cpu_after_optimizations-memory-usage-report.txt',
  'module_0001.f.thunk_sequence.txt',
  'module_0001.f.0034.copy-insertion.after_adding_copies.txt',
  'module_0001.f.0012.p.after_a.before_b.dot',
  'module_0001.f.0012.p.after_a.before_b.pb',
  'module_0001.f.before_optimizations.html',
  'module_0001.f.ir-no-opt.ll',
  'module_0001.f.debug_options',
  'module_01.f.before_optimizations.txt',
  'before_optimizations.txt',
])('%s is no state', (name) => {
  expect(parseDumpFileName(name)).toBeUndefined();
});

/** Words of dotted names that cannot be taken for a step number or for a part of the grammar. */
const word = fc.stringMatching(/^[A-Za-z_<>-][A-Za-z0-9_ <>-]{0,11}$/).filter((w) => {
  return !/^(after_|before_)|after_optimizations$|before_optimizations$/.test(w);
});
const dotted = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join('.'));

const stages: fc.Arbitrary<Stage> = fc.oneof(
  fc.constant<Stage>({ kind: 'before-optimizations' }),
  fc.record({
    kind: fc.constant('after-optimizations' as const),
    platform: fc.constantFrom('', 'cpu', 'interpreter', 'sm_8.6_gpu', 'sm_9.0a_gpu', 'gfx942_gpu'),
  }),
  fc.record({
    kind: fc.constant('between' as const),
    step: fc.nat(20_000),
    pipeline: dotted,
    after: dotted,
    before: dotted,
  }),
);

test('what is printed is read back', () => {
  const names = fc.record({
    timestamp: fc.constantFrom('', '1732374000000000'),
    id: fc.nat(99_999),
    module: fc.oneof(fc.constant(''), dotted),
    stage: stages,
  });
  fc.assert(
    fc.property(names, (name) => {
      expect(parseDumpFileName(printDumpFileName(name))).toEqual(name);
    }),
  );
});

describe.skipIf(!corpora)('the dumps of the corpora (skipped where they are absent)', () => {
  const folders = corpora ? readdirSync(corpus('xla-dumps/cpu'), { withFileTypes: true }) : [];
  it.each(folders.filter((f) => f.isDirectory()).map((f) => f.name))('%s', (program) => {
    const texts = readdirSync(corpus('xla-dumps/cpu', program)).filter((f) => f.endsWith('.txt'));
    const again = texts.map((f) => printDumpFileName(parseDumpFileName(f)!));
    expect(again).toEqual(texts);
  });
});
