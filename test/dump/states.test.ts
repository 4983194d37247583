/** States in order, and whom a change between two of them is blamed on. */
import { describe, expect, it, test } from 'vitest';
import { exact, reassociates, widens } from '../../graphs/ir/contract.ts';
import { contractOfPass, knownPasses } from '../../validator/dump/contracts.ts';
import { parseDumpFileName, type Stage } from '../../validator/dump/file-names.ts';
import {
  anyDefaultPass,
  blameFor,
  modulesOf,
  passesByPipeline,
} from '../../validator/dump/states.ts';

const folder = (...files: string[]) => ({ path: 'dump', files: files.sort() });
const stage = (suffix: string): Stage => parseDumpFileName(`module_0001.f.${suffix}.txt`)!.stage;

test('states come in the order of their steps, whatever the order of the files', () => {
  const [module] = modulesOf(
    folder(
      'module_0001.f.cpu_after_optimizations.txt',
      'module_0001.f.10000.p.after_c.before_pipeline-end.txt',
      'module_0001.f.9999.p.after_b.before_c.txt',
      'module_0001.f.0002.p.after_pipeline-start.before_b.txt',
      'module_0001.f.before_optimizations.txt',
      'inputs.safetensors',
    ),
  );
  expect(module!.states.map((s) => s.file.split('.')[2])).toEqual([
    'before_optimizations',
    '0002',
    '9999',
    '10000',
    'cpu_after_optimizations',
  ]);
});

test('a folder may hold several modules, also of one name', () => {
  const modules = modulesOf(
    folder(
      'module_0001.f.before_optimizations.txt',
      'module_0002.f.before_optimizations.txt',
      'module_0002.f.cpu_after_optimizations.txt',
    ),
  );
  expect(modules.map((m) => [m.name, m.states.length])).toEqual([
    ['module_0001.f', 1],
    ['module_0002.f', 2],
  ]);
});

describe('blame', () => {
  const start = stage('0004.outer.after_pipeline-start.before_inner');
  const none = new Map<string, readonly string[]>();

  it('falls on the pass that XLA names', () => {
    const blame = blameFor(start, stage('0005.outer.after_dce.before_cse'), none);
    expect(blame).toEqual({ pass: 'dce', contract: exact, known: true, note: '' });
  });

  it.each([
    ['0005.inner.after_pipeline-start.before_dce', '(before inner)'],
    ['cpu_after_optimizations', '(after optimizations)'],
  ])('falls on the gap between two pipelines, and says so: %s', (suffix, pass) => {
    const blame = blameFor(start, stage(suffix), none);
    expect(blame).toMatchObject({ pass, contract: anyDefaultPass });
    expect(blame.note).toContain('between two pipelines');
  });

  it('of an unknown pass says that it is unknown', () => {
    const blame = blameFor(start, stage('0005.outer.after_brand-new.before_cse'), none);
    expect(blame).toMatchObject({ pass: 'brand-new', contract: reassociates, known: false });
    expect(blame.note).toContain('brand-new is not in the contract table');
  });

  it('of a nested pipeline takes the weakest contract of its passes', () => {
    const files = ['0005.inner.after_pipeline-start.before_dce', '0006.inner.after_dce.before_p'];
    const inner = passesByPipeline(
      [...files, '0007.inner.after_p.before_simplify-fp-conversions'].map((file) => {
        return { file, stage: stage(file) };
      }),
    );
    const end = stage('0008.outer.after_inner.before_cse');
    const blame = blameFor(stage(files[1]!), end, inner);
    expect(blame).toMatchObject({ pass: 'inner', contract: widens, known: true });
    expect(blame.note).toContain('inner is a pipeline');
  });

  it('tells of states that are absent or could not be read', () => {
    const to = stage('0009.outer.after_dce.before_cse');
    expect(blameFor(start, to, none).note).toContain('4 steps before it are absent');
    const unread = [stage('0005.outer.after_algsimp.before_dce')];
    const { note } = blameFor(start, to, none, unread);
    expect(note).toContain('could not be read lie in between (after algsimp)');
    expect(note).toContain('3 steps before it are absent');
  });
});

describe('the contract table', () => {
  it('has every pass once', () => {
    expect(new Set(knownPasses).size).toBe(knownPasses.length);
  });

  it('reads spaces as XLA writes them in file names', () => {
    expect(contractOfPass('reshape mover')).toEqual(contractOfPass('reshape_mover'));
    expect(contractOfPass('gather expander')).toEqual(contractOfPass('gather_expander'));
  });

  it.each([
    ['dce', 'exact'],
    ['gather_expander', 'exact'],
    ['cholesky_expander', 'reassociates'],
    ['while-loop-constant-sinking', 'exact'],
    ['while-loop-all-reduce-code-motion', 'reassociates'],
    ['float-normalization-bf16', 'widens'],
    ['bfloat16-propagation', 'narrows'],
  ])('%s: %s', (pass, kind) => {
    expect(contractOfPass(pass)).toMatchObject({ known: true, contract: { kind } });
  });

  it('gives every pass a reason', () => {
    expect(knownPasses.filter((p) => contractOfPass(p).reason === '')).toEqual([]);
  });
});
