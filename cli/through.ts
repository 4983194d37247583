/** `--through CMD`: programs that read HLO and write HLO, as the passes of a backend. */
import { type Command, InvalidArgumentError } from 'commander';
import { type Contract, printContract, widens } from '../graphs/ir/contract.ts';
import { fail } from '../graphs/ir/diagnostic.ts';
import { shellWord } from '../graphs/text/shell-word.ts';
import type { Backend } from '../passes/pipeline/pipeline.ts';
import { textPass } from '../passes/text-pass.ts';
import { defaultFilterLimits, filterText } from '../validator/toolchains/filter.ts';
import { parseContract, wholeNumber } from './options.ts';

/** What the options are parsed to. */
export interface ThroughOptions {
  readonly through: readonly string[];
  readonly contract: readonly Contract[];
  readonly passTimeout: number;
}

/** Adds the options. */
export function withThrough(command: Command): Command {
  return command
    .option(
      '--through <command>',
      'a program that reads HLO on stdin and writes HLO, as a pass instead of the backends’; may be repeated',
      collect(nonEmpty),
      [],
    )
    .option(
      '--contract <contract>',
      'what a pass of --through may do (default: widens): one for all, or one for each in their order',
      collect(parseContract),
      [],
    )
    .option(
      '--pass-timeout <seconds>',
      'seconds that a program of --through may take for a module',
      wholeNumber(1),
      defaultFilterLimits.seconds,
    );
}

/** The programs as a backend; undefined where none is given. */
export function throughBackend(options: ThroughOptions): Backend | undefined {
  const { through, contract } = options;
  if (through.length === 0) {
    if (contract.length) fail('validate/contract', '--contract is that of a pass of --through');
    return undefined;
  }
  if (contract.length > 1 && contract.length !== through.length) {
    const counts = `${contract.length} contracts for ${through.length} programs`;
    fail('validate/contract', `${counts}: give one --contract for all, or one for each`);
  }
  const promised = (n: number) => contract[n] ?? contract[0] ?? widens;
  const limits = { ...defaultFilterLimits, seconds: options.passTimeout };
  const passes = through.map((command, n) =>
    textPass(programOf(command), promised(n), (hlo) => filterText(command, hlo, limits), command),
  );
  return {
    name: 'through',
    summary: through.join(' | '),
    pipeline: { name: 'through', passes },
    options: replayWords(options),
  };
}

/** A pass is called after its program: the last part of the first word that is no assignment. */
function programOf(command: string): string {
  const words = command.trim().split(/\s+/);
  const first = words.find((word) => !/^[A-Za-z_]\w*=/.test(word)) ?? words[0]!;
  return first.replace(/^.*[/\\]/, '').replace(/["']/g, '') || 'command';
}

function replayWords({ through, contract, passTimeout }: ThroughOptions): string {
  const words = [
    ...through.map((command) => `--through ${shellWord(command)}`),
    ...contract.map((c) => `--contract ${shellWord(printContract(c))}`),
  ];
  const own = passTimeout === defaultFilterLimits.seconds ? [] : [`--pass-timeout ${passTimeout}`];
  return [...words, ...own].join(' ');
}

function nonEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected a command.');
  return text;
}

/** A parser of an option that may be repeated; of its default, nothing is kept. */
function collect<T>(parse: (text: string) => T) {
  return (text: string, before: readonly T[]) => [...before, parse(text)];
}
