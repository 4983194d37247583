/**
 * Options that several commands share, and parsers that turn text into checked values. What cannot
 * be parsed is a usage error (exit 2), never a value that lets a gate pass.
 */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CaseKind, caseKinds, defaultKinds, isCaseKind } from '../golden/kinds/kinds.ts';
import { byName } from '../graphs/ir/by-name.ts';
import {
  approximates,
  type Contract,
  declarations,
  declaring,
  exact,
  narrows,
  reassociates,
  widens,
} from '../graphs/ir/contract.ts';
import { isElementType, isFloat } from '../graphs/ir/element-type.ts';
import type { Pins } from '../graphs/ir/pin.ts';
import { didYouMean, nearest } from '../graphs/text/nearest.ts';
import { shellWord } from '../graphs/text/shell-word.ts';
import { limitWords } from '../validator/findings/limit-words.ts';
import { type Bounds, defaultLimits, defaultMaxWork } from '../validator/limits/limits.ts';
import { defaultMaxMemory } from '../validator/limits/machine.ts';
import { type ExitCode, type Gated, type GateOptions, gateCode, isTooOpen } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { Refine } from './module-formats.ts';

/** `--json`: one document on stdout instead of text. `--quiet`: no progress on stderr. */
export interface CommonOptions {
  readonly json?: true;
  readonly quiet?: true;
}

/** `--seed`, of generated inputs. */
export interface SeedOption {
  readonly seed: number;
}

/** Adds what every command has. */
export function withCommon(command: Command): Command {
  return command
    .option('--json', 'print one JSON document on stdout')
    .option('-q, --quiet', 'print findings and errors only');
}

/** Adds the seed of generated inputs. */
export function withSeed(command: Command): Command {
  return command.option('--seed <n>', 'seed of generated inputs', wholeNumber(0), 1);
}

/** Adds the kinds of generated inputs. */
export function withCases(command: Command): Command {
  const all = Object.keys(caseKinds).join(', ');
  const chosen = `default: ${defaultKinds.join(', ')}, and those that what a module holds asks for`;
  const help = `comma-separated kinds of golden inputs, or "all": ${all} (${chosen})`;
  return command.option('--cases <kinds>', help, parseKinds);
}

/** Adds how large a module may be that is run, and how long its loops. */
export function withLimits(command: Command): Command {
  const { maxIterations, maxElements } = defaultLimits;
  const whole = wholeNumber(1);
  return command
    .option(
      '--max-iterations <n>',
      'iterations of a while loop before it counts as endless',
      whole,
      maxIterations,
    )
    .option('--max-elements <n>', 'elements of one value', whole, maxElements)
    .option(
      '--max-work <n>',
      'elements visited and multiply-adds, estimated',
      whole,
      defaultMaxWork,
    )
    .addOption(
      new Option('--max-memory <size>', 'memory of all values, estimated, e.g. 512MiB or 8GiB')
        .argParser(byteSize)
        .default(defaultMaxMemory(), 'half of the machine, three quarters of the heap of node'),
    );
}

const units: Readonly<Record<string, number>> = byName({ KiB: 10, MiB: 20, GiB: 30, TiB: 40 });

/** Parses a number of bytes. */
export function byteSize(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]iB)?$/.exec(text) ?? [];
  const bytes = Math.floor(Number(digits) * 2 ** (units[unit] ?? 0));
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new InvalidArgumentError('Expected a number of bytes, e.g. 512MiB or 8GiB.');
}

/** `--refine`: sizes for dimensions that a module leaves open. */
export interface RefineOption {
  readonly refine: Refine;
}

/** Adds the sizes of inputs that a model leaves open. */
export function withRefine(command: Command): Command {
  const help =
    'sizes of an input that a model leaves open, e.g. image=1x224x224x3; may be repeated';
  return command.option('--refine <name=sizes>', help, parseRefine, {});
}

/** `--set`: numbers that inputs are fixed to before anything is lowered. */
export interface PinOption {
  readonly set: Pins;
}

/** Adds inputs that are fixed to constants. */
export function withPins(command: Command): Command {
  const help =
    'fix an input to a number, or to one for each element (0,1,2), before anything else is done; may be repeated';
  return command.option('--set <input=value>', help, parsePin, {});
}

function parsePin(text: string, before: Pins): Pins {
  const [, name, list] = /^(.+?)=([^=]+)$/.exec(text) ?? [];
  const values = (list ?? '')
    .split(',')
    .map((word) => (word.trim() === '' ? undefined : numberOf(word)));
  if (name === undefined || values.some((v) => v === undefined)) {
    throw new InvalidArgumentError('Expected an input and its value, e.g. sample_rate=16000.');
  }
  return { ...before, [name]: values as number[] };
}

/** A number as JavaScript writes it, or nan, inf, true and false. */
function numberOf(word: string): number | undefined {
  const named: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, true: 1, false: 0 };
  const bare = word.trim().toLowerCase().replace(/^-/, '');
  const value = Object.hasOwn(named, bare) ? named[bare]! : Number(bare);
  if (Number.isNaN(value) && bare !== 'nan') return undefined;
  return word.trim().startsWith('-') ? -value : value;
}

function parseRefine(text: string, before: Refine): Refine {
  const [, name, sizes] = /^(.+)=(\d+(?:x\d+)*|scalar)$/.exec(text) ?? [];
  if (name === undefined) {
    throw new InvalidArgumentError('Expected a name and sizes, e.g. image=1x224x224x3.');
  }
  const dims = sizes === 'scalar' ? [] : sizes!.split('x').map(wholeNumber(0));
  return { ...before, [name]: dims };
}

/** Adds what a gate lets pass, and how much it tells of what it could not decide. */
export function withGate(command: Command): Command {
  return command
    .option('--allow-suspect', 'exit 1 only for results beyond what rounding can do')
    .option(
      '--max-undecided <percent>',
      'exit 1 where more of what the change touched stays undecided, in percent',
      threshold(0, 100),
    )
    .option('--explain', 'tell of open elements: which decision, how near, which case decides it');
}

/** The gate, and `--explain`: what stayed open is told in full. */
export interface GateCommandOptions extends GateOptions {
  readonly explain?: true;
}

/** The exit code of a report; what exceeds `--max-undecided` is said on stderr. */
export function gated(report: Gated, options: GateCommandOptions, io: Io): ExitCode {
  if (isTooOpen(report, options)) {
    const { checked, undecided } = report;
    const share = `${Number(((100 * undecided) / checked).toPrecision(4))} %`;
    const limit = `--max-undecided ${options.maxUndecided}`;
    io.err(`assay: ${share} of what the change touched is undecided, more than ${limit}\n`);
  }
  return gateCode(report, options);
}

/** What a run may cost, in turns of loops, elements, steps of work and bytes. */
export interface LimitOptions {
  readonly maxIterations: number;
  readonly maxElements: number;
  readonly maxWork: number;
  readonly maxMemory: number;
}

/** The bounds that the options ask for. */
export function limitsOf({ maxIterations, maxElements, maxWork, maxMemory }: LimitOptions): Bounds {
  return { maxIterations, maxElements, maxWork, maxMemory };
}

/** Options that a replay line repeats; sizes may be names that a sweep gives. */
export interface ReplayedOptions extends Partial<LimitOptions> {
  readonly refine?: Readonly<Record<string, readonly (string | number)[]>>;
  readonly set?: Pins;
  readonly replicas?: number;
  readonly partitions?: number;
}

/** What a line that replays a case must repeat of these options. */
export function replayOptions(options: ReplayedOptions): string {
  const { refine = {}, set = {}, replicas, partitions, ...limits } = options;
  const sizes = Object.entries(refine).map(([name, dims]) => {
    return `--refine ${shellWord(`${name}=${dims.length ? dims.join('x') : 'scalar'}`)}`;
  });
  const pins = Object.entries(set).map(([name, values]) => {
    return `--set ${shellWord(`${name}=${values.join(',')}`)}`;
  });
  const devices = Object.entries({ replicas, partitions }).flatMap(([name, n]) =>
    n === undefined ? [] : [`--${name} ${n}`],
  );
  return [...limitWords(limits), ...sizes, ...pins, ...devices].join(' ');
}

/** Parses decimal digits of a number that is at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} on.`);
  };
}

/** Parses a finite number of a closed range; NaN, nothing and junk are refused. */
export function threshold(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= least && value <= most && Number.isFinite(value)) return value;
    throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`);
  };
}

/** Parses a comma-separated list; repeated names count once. */
export function names(text: string): readonly string[] {
  const found = text.split(',').map((name) => name.trim());
  if (found.some((name) => name === '')) {
    throw new InvalidArgumentError('Expected names separated by commas.');
  }
  return [...new Set(found)];
}

/** Parses kinds of golden inputs. */
export function parseKinds(text: string): readonly CaseKind[] {
  if (text === 'all') return Object.keys(caseKinds) as CaseKind[];
  return names(text).map((name) => {
    if (isCaseKind(name)) return name;
    const known = didYouMean(name, Object.keys(caseKinds));
    throw new InvalidArgumentError(`There is no kind "${name}"; ${known}.`);
  });
}

const plainContracts: Readonly<Record<string, Contract>> = byName({ exact, reassociates, widens });

/** Parses `exact`, `reassociates`, `widens`, `narrows(bf16)`, `approximates(0.95)`, with `+reciprocal`. */
export function parseContract(text: string): Contract {
  const [plain, ...beside] = text.trim().split('+');
  const contract = parsePlainContract(plain!);
  const what = declarations.filter((d) => beside.includes(d));
  if (beside.length === 0) return contract;
  if (contract.kind !== 'exact' && what.length === beside.length) {
    return declaring(contract, ...what);
  }
  throw new InvalidArgumentError(
    'Expected +reciprocal or +algebra behind a contract other than exact.',
  );
}

function parsePlainContract(text: string): Contract {
  const [, kind = '', argument] = /^([a-z]+)(?:\((.*)\))?$/.exec(text) ?? [];
  if (argument === undefined && Object.hasOwn(plainContracts, kind)) return plainContracts[kind]!;
  if (kind === 'narrows' && argument && isElementType(argument) && isFloat(argument)) {
    return narrows(argument);
  }
  if (kind === 'approximates' && argument) return approximates(threshold(0, 1)(argument));
  const meant = nearest(kind, [...Object.keys(plainContracts), 'narrows', 'approximates']);
  throw new InvalidArgumentError(
    `${meant === undefined || meant === kind ? '' : `Did you mean ${meant}? `}` +
      'Expected exact, reassociates, widens, narrows(TYPE) with a float type, ' +
      'or approximates(RECALL) with a recall from 0 to 1; all but exact may end in +reciprocal or +algebra.',
  );
}
