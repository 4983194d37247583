/** `assay gate` on the command line: what it refuses, what it prints and writes, and how it ends. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { assay } from '../support/cli.ts';
import { gateFiles } from '../support/gate/files.ts';
import { sarifComplaints } from '../support/sarif.ts';
import { parseXml } from '../support/xml.ts';

const spec = 'onnxruntime-node@1.20.1';
const base = 'onnxruntime-node@1.20.0';
const few = ['--cases', 'typical'];

afterEach(() => {
  vi.unstubAllEnvs();
});

const gate = (cache: string, ...args: readonly string[]) =>
  assay(['gate', ...args, ...few, '--cache', cache]);

describe('a gate that cannot be one is refused', () => {
  it.each<[readonly string[], RegExp]>([
    [
      ['m.onnx'],
      /neither a toolchain nor goldens: name one with --toolchain .*assay toolchain add.*assay golden record/,
    ],
    [['--toolchain', spec], /no graph to gate/],
    [
      ['m.onnx', '--toolchain', 'onnxruntime-node@9.9.9'],
      /not in the cache .*; add it: assay toolchain add onnxruntime-node@9\.9\.9 --cache/,
    ],
    [
      ['m.onnx', '--toolchain', spec, '--baseline', 'onnxruntime-node@9.9.9'],
      /assay toolchain add onnxruntime-node@9/,
    ],
    [['m.onnx', '--toolchain', 'onnxruntime-node'], /version is missing/],
    [['m.onnx', '--toolchain', 'gcc@1.0.0'], /gcc/],
    [
      ['m.onnx', '--toolchain', spec, '--level', 'most'],
      /has no level "most"; it has disabled, basic/,
    ],
    [['m.onnx', '--toolchain', spec, '--max-growth', '2'], /--baseline/],
    [['m.onnx', '--toolchain', spec, '--max-growth', 'NaN'], /Expected a number/],
    [['m.onnx', '--toolchain', spec, '--max-undecided', '-1'], /Expected a number/],
    [['m.onnx', '--goldens', 'nowhere'], /nowhere is no folder; record goldens/],
    [['m.onnx', '--goldens', '.', '--baseline', spec], /name one with --toolchain/],
  ])('%j', async (args, why) => {
    const { cache } = gateFiles({}, '1.20.1');
    const run = await gate(cache, ...args);
    expect(run.exitCode).toBe(/not in the cache/.test(run.stderr) ? 3 : 2);
    expect(run.stderr).toMatch(why);
    expect(run.stdout).toBe('');
  });
});

describe('a gate', () => {
  it('passes what is right, fails what is wrong, and ends with 2 where it cannot judge', async () => {
    const graphs = { right: {}, wrong: { always: 'returns more' } } as const;
    const { cache, files, folder } = gateFiles(graphs, '1.20.1');
    const [right, wrong] = files as [string, string];
    const hlo = join(folder, 'm.hlo');
    writeFileSync(hlo, 'HloModule m\nENTRY e { ROOT x = f32[2] parameter(0) }');
    const broken = join(folder, 'broken.onnx');
    writeFileSync(broken, 'not a model');
    const codeOf = async (...of: readonly string[]) =>
      (await gate(cache, ...of, '--toolchain', spec)).exitCode;
    expect(await codeOf(right)).toBe(0);
    expect(await codeOf(right, wrong)).toBe(1);
    expect(await codeOf(right, broken)).toBe(2);
    expect(await codeOf(wrong, broken)).toBe(1);
    expect(await codeOf(hlo)).toBe(2);
    const forGit = [[right], [right, wrong], [right, broken], [right, '--level', 'most']];
    const codes: number[] = [];
    for (const of of forGit) codes.push(await codeOf(...of, '--git-bisect'));
    expect(codes).toEqual([0, 1, 125, 125]);
    expect(await codeOf(right, '--git-bisect', '--max-undecided', 'x')).toBe(128);
    const told = await gate(cache, right, hlo, broken, '--toolchain', spec);
    expect(told.stdout).toMatch(/^ok .*right\.onnx .* identical$/m);
    expect(told.stdout).toMatch(/m\.hlo .*reads onnx files only/);
    expect(told.stdout).toMatch(/broken\.onnx .*not judged/);
  });

  it('tells a finding with its replay line, which shows it again', async () => {
    const { cache, files } = gateFiles({ wrong: { always: 'returns more' } }, '1.20.1', '1.20.0');
    const run = await gate(cache, files[0]!, '--toolchain', spec, '--level', 'all');
    const [, line] = /^ {2}replay {6}assay (.*)$/m.exec(run.stdout)!;
    const again = await assay(line!.split(' '));
    expect(again.exitCode).toBe(1);
    expect(again.stdout).toContain(`  replay      assay ${line}`);
    const known = await assay([...line!.split(' '), '--baseline', base]);
    expect(known).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/the baseline as well/),
    });
  });

  it('writes every report of the one record', async () => {
    const { cache, files, folder } = gateFiles({ wrong: { always: 'returns NaN' } }, '1.20.1');
    const [junit, sarif, html, summary] = ['j.xml', 's.sarif', 'p.html', 'summary.md'].map((f) =>
      join(folder, f),
    ) as [string, string, string, string];
    writeFileSync(summary, 'before\n');
    vi.stubEnv('GITHUB_STEP_SUMMARY', summary);
    const reports = ['--junit', junit, '--sarif', sarif, '--html', html, '--github'];
    const run = await gate(cache, files[0]!, '--toolchain', spec, ...reports);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(
      /^::error file=.*wrong\.onnx,title=assay%3A BEYOND \(result\) y::BEYOND/m,
    );
    const text = (file: string) => readFileSync(file, 'utf8');
    expect(parseXml(text(junit)).attributes.failures).toBe('1');
    expect(sarifComplaints(JSON.parse(text(sarif)))).toEqual([]);
    expect(parseXml(text(html)).name).toBe('html');
    expect(text(summary)).toMatch(/^before\n## ❌ assay gate/);
    const json = await gate(cache, files[0]!, '--toolchain', spec, '--json', '--github');
    expect(JSON.parse(json.stdout)).toMatchObject({
      format: 'assay-gate-1',
      outcome: 'failed',
      verdict: 'beyond',
    });
    expect(json.stderr).toMatch(/^::error /m);
  });

  it('is quiet about what passes', async () => {
    const { cache, files } = gateFiles({ right: {} }, '1.20.1');
    const run = await gate(cache, files[0]!, '--toolchain', spec, '--quiet');
    expect(run).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });
});

describe('recorded goldens', () => {
  /** Two models with goldens of them, of which one toolchain gets the second wrong. */
  async function recorded() {
    const graphs = { a: {}, b: { versions: { '1.20.1': { always: 'returns more' } } } } as const;
    const found = gateFiles(graphs, '1.20.1', '1.20.0');
    const goldens = join(found.folder, 'goldens');
    await assay([
      'golden',
      'record',
      ...found.files,
      '--out',
      goldens,
      '--cases',
      'typical,lattice',
    ]);
    const run = (...args: readonly string[]) =>
      assay(['gate', '--goldens', goldens, '--cache', found.cache, ...args]);
    return { ...found, goldens, run };
  }

  it('are the cases of a gate, of all graphs that they are of unless some are named', async () => {
    const { run, files } = await recorded();
    const good = await run('--toolchain', base, '--json');
    expect(JSON.parse(good.stdout)).toMatchObject({ outcome: 'passed', checked: 8 });
    expect((await run('--toolchain', spec)).exitCode).toBe(1);
    expect((await run(files[0]!, '--toolchain', spec)).exitCode).toBe(0);
    expect((await run()).exitCode).toBe(0);
    const kinds = await run('--toolchain', base, '--cases', 'lattice', '--json');
    expect(JSON.parse(kinds.stdout).checked).toBe(4);
  });

  it.each<[string, (goldens: string) => void, RegExp]>([
    ['a.typical-1.safetensors', (f) => writeFileSync(f, 'x'), /record it again/],
    ['a.typical-1.golden.json', (f) => writeFileSync(f, '{'), /no manifest of a golden/],
    ['a.typical-1.golden.json', change(/"graphHash": "../, '"graphHash": "zz'), /stale/],
    ['lost.typical-1.golden.json', (f) => writeFileSync(f, ''), /no manifest of a golden/],
  ])('that cannot be read fail it: %s', async (file, damage, why) => {
    const { run, goldens } = await recorded();
    damage(join(goldens, file));
    const told = await run('--toolchain', base, '--json');
    const record = JSON.parse(told.stdout);
    expect([told.exitCode, record.outcome]).toEqual([1, 'failed']);
    expect(record.findings).toMatchObject([{ rule: 'golden', note: expect.stringMatching(why) }]);
  });

  it('that there are none of: the graph is not judged', async () => {
    const { run } = await recorded();
    const lone = gateFiles({ lone: {} });
    const told = await run(lone.files[0]!, '--toolchain', base);
    expect(told.exitCode).toBe(2);
    expect(told.stdout).toMatch(/not judged: .*assay golden record/);
  });
});

function change(what: RegExp, by: string) {
  return (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace(what, by));
}
