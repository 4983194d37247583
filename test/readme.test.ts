/**
 * README.md is true: its command lines are run as they stand, and print what it shows; its snippets
 * are type-checked; its tables are held to the code's own lists.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../cli/exit-codes.ts';
import { parseContract } from '../cli/options.ts';
import { commandTable } from '../cli/self/command-table.ts';
import { type Contract, printContract } from '../graphs/ir/contract.ts';
import { backends } from '../passes/backends.ts';
import { assay } from './support/cli.ts';
import { blocksOf, commandsOf, filesOf, type ReadmeCommand, tableRows } from './support/readme.ts';
import { temporaryFolder } from './support/temporary.ts';

const root = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = blocksOf(readme);
const commands = commandsOf(blocks);

/** Command lines that this test does not run, each with the reason. */
const notRun: Readonly<Record<string, string>> = {
  'assay validate': 'half a minute; test/passes/zoo.test.ts judges the zoo',
  'assay validate layer_norm_mlp --sweep batch=1,2,3,7,8,16,31,64':
    'both pipelines at eight sizes; test/incidents/sweep.test.ts sweeps',
  'assay gate model.onnx --toolchain onnxruntime-node@1.26.0 --json > report.json':
    'wants an installed version; test/gate/onnxruntime.test.ts gates what the cache holds',
  'assay promote report.json':
    'wants the report of a gate; test/cli/promote.test.ts promotes those of other commands',
  'assay bisect versions model.onnx --toolchain onnxruntime-node --from 1.17.3 --to 1.22.0':
    'installs seven versions; test/bisect/onnxruntime.test.ts runs what the cache holds',
  'assay bisect optimizers model.onnx --toolchain onnxruntime-node@1.26.0':
    'wants an installed version; test/bisect/onnxruntime.test.ts runs what the cache holds',
  'assay bisect auto model.onnx --toolchain onnxruntime-node --from 1.22.0':
    'installs six versions; test/cli/bisect-auto.test.ts runs it on versions that do as they are told',
  'assay gate model.onnx --toolchain onnxruntime-node@1.26.0 --cases typical':
    'wants a toolchain and a model; test/gate/onnxruntime.test.ts holds its output where both are',
  'assay toolchain add onnxruntime-node@1.20.1':
    'wants the network; test/toolchains/cache.test.ts installs from an npm of its own',
  'assay dump dump': 'wants a dump that XLA has written; test/dump judges some',
};

/** The codes that command lines end with where no `echo $?` tells. */
const exitOf: Readonly<Record<string, number>> = {
  'sharded_2024.hlo': exitCodes.finding,
  'stale_scale.hlo': exitCodes.finding,
  'routing/red.json': exitCodes.finding,
};

const isRun = ({ line }: ReadmeCommand) => !Object.hasOwn(notRun, line);

describe('command lines', () => {
  it('stand in README.md, those that are not run too', () => {
    expect(commands.filter(isRun).length).toBeGreaterThan(5);
    const lines = commands.map(({ line }) => line);
    expect(Object.keys(notRun).filter((line) => !lines.includes(line))).toEqual([]);
  });

  it.each(commands.filter(isRun))('$line', async ({ argv, output, exitCode }) => {
    const folder = temporaryFolder();
    for (const [name, text] of Object.entries(exampleFiles()))
      writeFileSync(join(folder, name), text);
    cpSync(join(root, 'test/incidents'), join(folder, 'test/incidents'), { recursive: true });
    const told = await inFolder(folder, () => assay(argv));
    const named = Object.entries(exitOf).find(([name]) => argv.some((word) => word.endsWith(name)));
    expect([told.stderr, told.exitCode]).toEqual(['', exitCode ?? named?.[1] ?? exitCodes.ok]);
    if (output !== '') expect(told.stdout.trim()).toBe(output);
  });
});

describe('snippets', () => {
  it('are TypeScript that compiles against the library', () => {
    const snippets = blocks.filter((block) => /^import /.test(block));
    expect(snippets).not.toEqual([]);
    const folder = temporaryFolder();
    for (const [n, text] of snippets.entries())
      writeFileSync(join(folder, `snippet-${n}.ts`), text);
    const paths = {
      assay: [join(root, 'validator/index.ts')],
      'assay/vitest': [join(root, 'validator/vitest/index.ts')],
    };
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    const typeRoots = [join(root, 'node_modules/@types')];
    const compilerOptions = { paths, typeRoots, rootDir: '/', types: ['node'] };
    const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(root, 'node_modules/.bin/tsc');
    const { status, stdout } = spawnSync(tsc, ['-p', folder], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
});

describe('tables', () => {
  it('of commands: all that there are', async () => {
    const { stdout } = await assay(['--help']);
    const [, listed = ''] = stdout.split('Commands:');
    const names = [...listed.split('\n\n')[0]!.matchAll(/^ {2}([a-z]+)/gm)].map(
      ([, name]) => name!,
    );
    const told = tableRows(readme, 'command').map(([cell]) => /^`assay ([a-z]+)/.exec(cell!)![1]!);
    expect(told.sort()).toEqual(names.filter((name) => name !== 'help').sort());
  });

  it('of compilers: each is reached by commands that there are', async () => {
    const rows = tableRows(readme, 'compiler').map(([, by]) => by!);
    const named = rows.flatMap((by) =>
      [...by.matchAll(/`assay ([a-z]+)/g)].map(([, name]) => name!),
    );
    expect(named.length).toBeGreaterThan(4);
    const there = commandTable.map(({ name }) => name);
    expect(named.filter((name) => !there.includes(name))).toEqual([]);
  });

  it('of contracts: each kind, as it is written on a command line', () => {
    const examples: Readonly<Record<Contract['kind'], string>> = {
      exact: 'exact',
      reassociates: 'reassociates',
      widens: 'widens',
      narrows: 'narrows(type)',
      approximates: 'approximates(recall)',
    };
    const told = tableRows(readme, 'contract').map(([cell]) => cell!.replaceAll('`', ''));
    expect(told).toEqual(Object.values(examples));
    const given = told.map((text) => text.replace('type', 'bf16').replace('recall', '0.5'));
    expect(given.map((text) => printContract(parseContract(text)))).toEqual(given);
  });

  it('of exit codes: all that there are, and the text of --help', async () => {
    const told = tableRows(readme, 'exit code').map(([code]) => Number(code));
    expect(told).toEqual(Object.values(exitCodes));
    const { stdout } = await assay(['--help']);
    expect(told.filter((code) => !stdout.includes(`\n  ${code}  `))).toEqual([]);
  });

  it('of limits: options of run, with their defaults', async () => {
    const { stdout } = await assay(['run', '--help']);
    const help = stdout.replace(/\s+/g, ' ');
    for (const [option, , value] of tableRows(readme, 'option')) {
      expect(help).toContain(option!.replaceAll('`', ''));
      const power = /^2\^(\d+)$/.exec(value!);
      const number = power ? 2 ** Number(power[1]) : Number(value!.replaceAll(',', ''));
      if (!Number.isNaN(number)) expect(help).toContain(`(default: ${number})`);
    }
  });

  it('and text name options and backends that there are', async () => {
    const names = tableRows(readme, 'command').map(([cell]) => /^`assay ([a-z]+)/.exec(cell!)![1]!);
    const helps = await Promise.all(names.map(helpWithChildren));
    const prose = readme.split('## Second opinions')[0]!.replaceAll(/XLA_FLAGS="[^"]*"/g, '');
    const options = new Set([...prose.matchAll(/`?(--[a-z][a-z-]+)/g)].map(([, name]) => name!));
    const known = helps.join('\n');
    expect([...options].filter((option) => !known.includes(option))).toEqual([]);
    const [validate] = tableRows(readme, 'command');
    const words = backends.map(({ name }) => `\`${name}\``);
    expect(words.filter((word) => !validate!.join(' ').includes(word))).toEqual([]);
  });
});

/** Help of a command, and of those below it. */
async function helpWithChildren(command: string): Promise<string> {
  const help = await helpOf(command);
  const [, list] = help.split('\nCommands:\n');
  const below = list ? [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name!) : [];
  const helps = below.filter((name) => name !== 'help').map((name) => helpOf(`${command} ${name}`));
  return [help, ...(await Promise.all(helps))].join('\n');
}

async function helpOf(command: string): Promise<string> {
  return (await assay([...command.split(' '), '--help'])).stdout;
}

/** The files that README.md shows, and the one that it tells of: the tails put right. */
function exampleFiles(): Readonly<Record<string, string>> {
  const shown = filesOf(blocks);
  const fixed = shown['after.hlo']!.replaceAll('31', '32').replaceAll('[32:63]', '[32:64]');
  return { ...shown, 'fixed.hlo': fixed };
}

/** Runs with another working folder, as a user would, so that paths are printed as given. */
async function inFolder<T>(folder: string, run: () => Promise<T>): Promise<T> {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await run();
  } finally {
    process.chdir(before);
  }
}
