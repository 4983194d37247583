/** `assay list` and `assay explain`: all that the code's tables hold, and what was meant by a wrong word. */
import { describe, expect, it } from 'vitest';
import { commandTable } from '../../cli/self/command-table.ts';
import { lists } from '../../cli/self/lists.ts';
import {
  codeFamilies,
  contractWords,
  otherWords,
  plainCodes,
  verdictWords,
} from '../../cli/self/words.ts';
import { caseKinds } from '../../golden/kinds/kinds.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';
import { backends, passes } from '../../passes/backends.ts';
import { assay } from '../support/cli.ts';

/** What a list must name. */
const tables: Partial<Record<keyof typeof lists, readonly string[]>> = {
  backends: backends.map((b) => b.name),
  passes: passes.map((p) => p.name),
  pipelines: backends.map((b) => b.name),
  kinds: Object.keys(caseKinds),
  zoo: zoo.map((m) => m.name),
};

describe('assay list', () => {
  it.each(Object.keys(lists) as (keyof typeof lists)[])('%s: a line each', async (what) => {
    const { stdout, exitCode } = await assay(['list', what]);
    const { items } = JSON.parse((await assay(['list', what, '--json'])).stdout);
    expect({ exitCode, lines: stdout.trimEnd().split('\n').length }).toEqual({
      exitCode: 0,
      lines: items.length,
    });
    const names = items.map((item: { name: string }) => item.name);
    expect(names).toEqual(tables[what] ?? names);
    expect(items.filter((item: { summary: string }) => item.summary.trim() === '')).toEqual([]);
  });

  it('names the flags of commands and of their commands', async () => {
    const { stdout } = await assay(['list', 'flags']);
    expect(stdout).toMatch(/^--max-growth <factor> .*\(gate\)$/m);
    expect(stdout).toMatch(/^--cache <dir> .*\btoolchain add\b/m);
  });
});

describe('assay explain', () => {
  const words = [plainCodes, codeFamilies, contractWords, verdictWords, otherWords, caseKinds];
  it.each([...new Set(words.flatMap((table) => Object.keys(table)))])('%s', async (term) => {
    const { stdout, exitCode } = await assay(['explain', ...term.split(' ')]);
    expect(exitCode).toBe(0);
    expect(stdout.length).toBeGreaterThan(term.length + 20);
  });

  it.each([
    ['parse/unknown-opcode', codeFamilies.parse],
    ['[verify/pad_c3]', codeFamilies.verify],
    ['narrows(bf16)', contractWords.narrows],
    ['widens+reciprocal', `${contractWords.widens}; ${contractWords.reciprocal}`],
    ['+algebra', contractWords.algebra],
    ['±1e-7/3e-6', otherWords['±A/B']!],
    ['Beyond', verdictWords.beyond],
  ])('%s in the form in which a report has it', async (term, meaning) => {
    expect((await assay(['explain', term])).stdout).toBe(`${term}: ${meaning}\n`);
  });
});

describe('did you mean', () => {
  it.each([
    ['a kind', ['validate', '--cases', 'tpyical'], 'typical'],
    ['a backend', ['validate', '--backend', 'cup'], 'cpu'],
    ['a zoo graph', ['validate', 'layer_nrom_mlp'], 'layer_norm_mlp'],
    ['a contract', ['compare', 'a', 'b', '--contract', 'exatc'], 'exact'],
    ['a contract with an argument', ['compare', 'a', 'b', '--contract', 'narows(bf16)'], 'narrows'],
    ['a command', ['valdiate'], 'validate'],
    ['a list', ['list', 'knids'], 'kinds'],
    ['a term', ['explain', 'suspcet'], 'suspect'],
  ])('%s', async (_, argv, meant) => {
    const { exitCode, stderr } = await assay(argv);
    expect(exitCode).toBe(2);
    expect(stderr.toLowerCase()).toContain(`did you mean ${meant}?`);
  });
});

describe('help', () => {
  it.each(commandTable.map(({ name }) => name))('%s has examples of its own', async (name) => {
    const { stdout, exitCode } = await assay([name, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Examples:\n  \\$ assay ${name}\\b`, 'm'));
  });
});
