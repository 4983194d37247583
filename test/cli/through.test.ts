/** `assay validate --through`: any program that reads HLO and writes HLO is a pass. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exact } from '../../graphs/ir/contract.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { textPass } from '../../passes/text-pass.ts';
import { runPipeline } from '../../validator/index.ts';
import { assay } from '../support/cli.ts';
import { expectReplays } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';

const text = `HloModule m
ENTRY e { x = f32[8] parameter(0) y = f32[8] parameter(1) a = f32[8] add(x, y) ROOT r = f32[8] multiply(a, a) }
`;

function through(...words: string[]) {
  const model = join(temporaryFolder(), 'm.hlo');
  writeFileSync(model, text);
  return assay(['validate', model, ...words, '--json']);
}

describe('a program', () => {
  it.each([
    ['cat', 'identical', 0],
    ['sed "s/multiply/add/"', 'beyond', 1],
    ['sed "s/add(%x, %y)/add(%y, %x)/"', 'identical', 0],
    ['X=1 head -n 0', 'it gave no text at all', 1],
    ['sed "s/multiply/mulitply/"', 'what sed gave, line 7: unknown opcode mulitply', 1],
    ['sed "s/f32.8. multiply/f32[9] multiply/"', 'has the shape f32[9], not f32[8]', 1],
    ['cat >/dev/null; echo no room >&2; exit 3', 'exit code 3; it said: no room', 1],
    ['kill -SEGV $$', 'SIGSEGV', 1],
    ['sh -c "kill -SEGV \\$\\$"; exit $?', 'exit code 139 (SIGSEGV)', 1],
  ])('%s: %s', async (command, told, exitCode) => {
    const run = await through('--through', command);
    expect(run.exitCode, run.stderr).toBe(exitCode);
    expect(run.stdout).toContain(told);
  });

  it('that hangs is ended with its children, and is a finding', async () => {
    const run = await through('--through', 'sleep 60 | cat', '--pass-timeout', '1');
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain('no answer in 1 s');
  });

  it('that is not there is a missing tool', async () => {
    const run = await through('--through', 'no-such-program --flag');
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('no such command');
  });

  it('among several is blamed by its name and step, and replayed', async () => {
    const wrong = 'sed "s/multiply/add/"';
    const run = await through('--through', 'cat', '--through', wrong, '--contract', 'exact');
    const { findings } = JSON.parse(run.stdout);
    expect(findings[0]).toMatchObject({ pass: 'sed', step: 1, contract: 'exact' });
    await expectReplays([findings[0]]);
  });

  it('may have a contract of its own, beside backends of the house', async () => {
    const words = ['--through', 'cat', '--through', 'tac | tac', '--backend', 'cpu'];
    const run = await through(...words, '--contract', 'exact', '--contract', 'narrows(bf16)');
    const { graphs } = JSON.parse(run.stdout);
    expect(graphs.map((g: { backend: string }) => g.backend)).toEqual(['cpu', 'through']);
    const contracts = graphs[1].passes.map((p: { contract: string }) => p.contract);
    expect([...new Set(contracts)]).toEqual(['exact', 'narrows(bf16)']);
  });

  it.each([
    [['--contract', 'exact'], '--contract is that of a pass of --through'],
    [
      ['--through', 'cat', '--contract', 'exact', '--contract', 'exact'],
      '2 contracts for 1 programs',
    ],
    [['--through', ' '], 'Expected a command'],
    [['--through', 'cat', '--pass-timeout', '0'], '--pass-timeout'],
  ])('%j is refused', async (words, message) => {
    const run = await through(...words);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(message);
  });
});

describe('textPass', () => {
  const module = parseModule(text);
  const run = (rewrite: (hlo: string) => string) =>
    runPipeline(module, { name: 'p', passes: [textPass('mine', exact, rewrite)] });

  it('changes nothing where the text is the same', () => {
    expect(run((hlo) => hlo).steps).toMatchObject([{ pass: 'mine', changed: false }]);
    expect(run((hlo) => hlo).final).toBe(module);
  });

  it('is broken by what the function throws', () => {
    const { broken } = run(() => {
      throw new Error('cannot');
    });
    expect(broken).toMatchObject({ pass: 'mine', how: 'threw' });
    expect(broken!.diagnostics[0]!.message).toBe('cannot');
  });
});
