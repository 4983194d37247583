/** Every finding has a line that shows it again, whatever its files and options are called. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeTensorFile } from '../../golden/store/files.ts';
import { reassociates } from '../../graphs/ir/contract.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { shellFile } from '../../graphs/text/shell-word.ts';
import { backendNamed } from '../../passes/backends.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';
import type { Backend } from '../../passes/pipeline/pipeline.ts';
import type { Finding } from '../../validator/findings/finding.ts';
import { assay } from '../support/cli.ts';
import { expectReplays, wordsOf } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** Names of files that a shell would take for something else. */
const oddNames = ['plain', 'a b;touch x', "it's", '$(touch x)', '*', 'tab\there', '-n', 'ü "q" \\'];

const scaled = (factor: string) => `HloModule m

ENTRY %e (x: f32[4]) -> f32[4] {
  %x = f32[4] parameter(0)
  %c = f32[] constant(${factor})
  %b = f32[4] broadcast(%c), dimensions={}
  ROOT %r = f32[4] multiply(%x, %b)
}
`;

/** A loop of as many rounds as its factor's limit says, each adding x. */
const counting = (sign: string) => `HloModule m
go {
  s = (s32[], f32[4]) parameter(0)
  n = s32[] get-tuple-element(s), index=0
  end = s32[] constant(200)
  ROOT t = pred[] compare(n, end), direction=LT
}
body {
  s = (s32[], f32[4]) parameter(0)
  n = s32[] get-tuple-element(s), index=0
  one = s32[] constant(1)
  m = s32[] add(n, one)
  x = f32[4] get-tuple-element(s), index=1
  y = f32[4] ${sign}(x, x)
  ROOT u = (s32[], f32[4]) tuple(m, y)
}
ENTRY e {
  x = f32[4] parameter(0)
  zero = s32[] constant(0)
  start = (s32[], f32[4]) tuple(zero, x)
  w = (s32[], f32[4]) while(start), condition=go, body=body
  ROOT r = f32[4] get-tuple-element(w), index=1
}
`;

async function findingsOf(
  argv: readonly string[],
  backends?: readonly Backend[],
): Promise<Finding[]> {
  const { exitCode, stdout } = await assay([...argv, '--json'], false, backends);
  expect(exitCode).toBe(1);
  return JSON.parse(stdout).findings;
}

function written(name: string, text: string): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, text);
  return file;
}

/** A pass that puts another module in place of what it is given. */
function becoming(text: string): Pass {
  return {
    ...{ name: 'culprit', contract: reassociates, summary: '' },
    run: () => ({ module: parseModule(text), changed: true, replacements: [] }),
  };
}

function backendOf(pass: Pass): Backend {
  const cpu = backendNamed('cpu')!;
  return { ...cpu, pipeline: { ...cpu.pipeline, passes: [pass] } };
}

describe('compare', () => {
  it.each(oddNames)('of files named %s', async (name) => {
    const [before, after] = [written(name, scaled('3')), written(`${name}.2`, scaled('2'))];
    const argv = [
      'compare',
      before,
      after,
      '--contract',
      'narrows(bf16)',
      '--cases',
      'typical,ties',
    ];
    await expectReplays(await findingsOf(argv));
    expect(existsSync('x')).toBe(false);
  });

  it('with recorded inputs', async () => {
    const inputs = join(temporaryFolder(), 'in puts.safetensors');
    writeTensorFile(inputs, new Map([['arg0', tensorOf('f32', [4], [1, 2, 3, 4])]]));
    const files = [written('a', scaled('3')), written('b', scaled('2'))];
    const findings = await findingsOf(['compare', ...files, '--inputs', inputs]);
    await expectReplays(findings);
  });

  it('with a limit, another seed and a kind of its own', async () => {
    const files = [written('a', counting('maximum')), written('b', counting('add'))];
    const argv = ['compare', ...files, '--cases', 'lattice', '--seed', '7'];
    const findings = await findingsOf([...argv, '--max-iterations', '300']);
    expect(findings[0]!.replay).toContain('--max-iterations 300');
    await expectReplays(findings);
    expect((await findingsOf(argv))[0]!.replay).not.toContain('--max-iterations');
  });

  it('of models with sizes left open', async () => {
    const open = (op: string) => `module @m {
  func.func public @main(%arg0: tensor<?x2xf32>) -> tensor<?x2xf32> {
    %0 = stablehlo.${op} %arg0, %arg0 : tensor<?x2xf32>
    return %0 : tensor<?x2xf32>
  }
}
`;
    const files = [written('a.mlir', open('add')), written('b.mlir', open('multiply'))];
    const argv = ['compare', ...files, '--refine', 'arg0=3x2', '--cases', 'typical'];
    const findings = await findingsOf(argv);
    expect(findings[0]!.replay).toContain('--refine arg0=3x2');
    await expectReplays(findings);
  });
});

describe('validate', () => {
  it.each(oddNames.map((n) => `${n}.hlo`))('of a file named %s', async (name) => {
    const file = written(name, scaled('3'));
    const backend = backendOf(becoming(scaled('2')));
    const argv = ['validate', file, '--cases', 'typical', '--max-iterations', '99'];
    await expectReplays(await findingsOf(argv, [backend]), [backend]);
  });

  it('of a pass that throws', async () => {
    const throwing: Pass = {
      ...{ name: 'thrower', contract: reassociates, summary: '' },
      run: () => {
        throw new Error('no');
      },
    };
    const backend = backendOf(throwing);
    const argv = ['validate', written('a b.hlo', scaled('3')), '--cases', 'ties', '--seed', '3'];
    const findings = await findingsOf(argv, [backend]);
    expect(findings).toMatchObject([{ kind: 'broken' }]);
    await expectReplays(findings, [backend]);
  });
});

describe('dump', () => {
  it.each(oddNames)('in a folder named %s', async (name) => {
    const folder = join(temporaryFolder(), name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'module_0001.f(x).before_optimizations.txt'), scaled('3'));
    writeFileSync(join(folder, 'module_0001.f(x).cpu_after_optimizations.txt'), scaled('2'));
    const argv = ['dump', folder, '--cases', 'typical', '--seed', '2', '--max-iterations', '77'];
    const findings = await findingsOf(argv);
    expect(findings[0]!.replay).toContain('--max-iterations 77');
    await expectReplays(findings);
  });

  it('on recorded inputs from elsewhere', async () => {
    const folder = temporaryFolder();
    const inputs = join(folder, "o'inputs.safetensors");
    writeTensorFile(inputs, new Map([['arg0', tensorOf('f32', [4], [1, 2, 3, 4])]]));
    writeFileSync(join(folder, 'module_0001.f.before_optimizations.txt'), scaled('3'));
    writeFileSync(join(folder, 'module_0001.f.cpu_after_optimizations.txt'), scaled('2'));
    await expectReplays(await findingsOf(['dump', folder, '--inputs', inputs]));
  });
});

it('a file whose name begins with a dash is no option', () => {
  expect(wordsOf(`x ${shellFile('-n')}`)).toEqual(['x', './-n']);
});

it('a shell reads back the words of any file name', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((s) => !s.includes('\0'));
  fc.assert(
    fc.property(name, (file) => {
      expect(wordsOf(shellFile(file))).toEqual([file.startsWith('-') ? `./${file}` : file]);
    }),
    { numRuns: 25 },
  );
});
