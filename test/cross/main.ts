/**
 * `npm run cross:xla`: every opcode over random shapes, attributes, types and values, the reference
 * against real XLA:CPU, judged by the budget of the exact mode. Needs a Python with jax
 * (ASSAY_PYTHON, else python3); without one it says so and exits 0. Exit 1 where a result lies
 * outside its budget and no known deviation explains it.
 */
import { parseArgs } from 'node:util';
import { type ElementType, isComplex, isElementType } from '../../graphs/ir/element-type.ts';
import { rowMajorStrides } from '../../graphs/ir/shape.ts';
import { leafTensors, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { isOpcode, type Opcode, opTable } from '../../graphs/ops/table.ts';
import { printModule } from '../../graphs/text/printer.ts';
import type { ElementVerdict } from '../../validator/verdict/verdict.ts';
import { type Comparison, compareOutcome } from './compare.ts';
import { generators, instanceOf } from './generators.ts';
import { inputsOf } from './inputs.ts';
import { randomJob } from './random-module.ts';
import { printPrograms, printTable } from './report.ts';
import { type Job, runOnXla, whyNoXla } from './xla.ts';

const usage =
  'usage: npm run cross:xla -- [--seed N] [--count N] [--op OPCODE,…] [--types TYPE,…] | --modules N';

interface Options {
  readonly seed: number;
  /** Instances of each opcode. */
  readonly count: number;
  readonly opcodes: readonly Opcode[];
  /** Element types to draw, where an op takes any of them; all where empty. */
  readonly types: readonly ElementType[];
  /** Random programs in place of single ops, as XLA runs them by default; 0 for none. */
  readonly modules: number;
}

/** One instance by what replays it. */
interface Case extends Job {
  readonly opcode: Opcode;
  readonly index: number;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n${usage}\n`);
    return 2;
  }
  const python = process.env.ASSAY_PYTHON ?? 'python3';
  const missing = whyNoXla(python);
  if (missing !== undefined) {
    process.stdout.write(`cross:xla: no XLA, as ${python} cannot import jax (${missing})\n`);
    return 0;
  }
  if (options.modules > 0) return programs(python, options);
  const cases = casesOf(options);
  const outcomes = await runOnXla(python, cases);
  const found = new Map<Opcode, Comparison[]>();
  cases.forEach((one, k) => {
    const comparison = compareOutcome(one.opcode, one, outcomes[k]);
    if (comparison.kind === 'outside') explain(one, comparison, options);
    found.set(one.opcode, [...(found.get(one.opcode) ?? []), comparison]);
  });
  printTable(found, options.opcodes, generators);
  return [...found.values()].flat().some((c) => c.kind === 'outside') ? 1 : 0;
}

/** Random programs on XLA's default flags: what a user of `compare` would see. */
async function programs(python: string, { seed, modules }: Options): Promise<number> {
  const jobs = Array.from({ length: modules }, (_, index) => randomJob(seed, index));
  const outcomes = await runOnXla(python, jobs, '');
  const found = jobs.map((job, index) => {
    const comparison = compareOutcome('module', job, outcomes[index]);
    if (comparison.kind === 'outside') explainProgram(job, comparison, seed, index);
    return comparison;
  });
  printPrograms(found);
  return found.some((c) => c.kind === 'outside') ? 1 : 0;
}

function explainProgram({ module }: Job, found: Comparison, seed: number, index: number): void {
  const { worst, reason } = found;
  process.stdout.write(`OUTSIDE module #${index}: ${worst ? JSON.stringify(worst) : reason}\n`);
  process.stdout.write(`npm run cross:xla -- --seed ${seed} --modules ${index + 1}\n`);
  process.stdout.write(`${printModule(module)}\n`);
}

function casesOf({ seed, count, opcodes, types }: Options): Case[] {
  return opcodes.flatMap((opcode) =>
    Array.from({ length: count }, (_, index) => index).flatMap((index) => {
      const instance = instanceOf(seed, opcode, index, types);
      if (!instance) return [];
      const inputs = inputsOf(instance, seed, opcode, index);
      return [{ opcode, index, module: instance.module, inputs }];
    }),
  );
}

/** Prints what lies outside, and the line that replays it. */
function explain(
  { opcode, index, module, inputs }: Case,
  { worst, reason }: Comparison,
  { seed, types }: Options,
) {
  const element = worst
    ? `operands (${operandsAt(inputs, worst)}), ` +
      `output ${worst.output} [${worst.index}]: reference ${worst.before}, XLA ${worst.after}, ` +
      `exact ${worst.exact}, budget ${worst.budget}, use ${worst.budgetUse} (${worst.verdict})`
    : reason;
  const drawn = types.length > 0 ? ` --types ${types}` : '';
  const replay = `npm run cross:xla -- --seed ${seed} --op ${opcode} --count ${index + 1}${drawn}`;
  process.stdout.write(`OUTSIDE ${opcode} #${index}: ${element}\n${replay}\n`);
  process.stdout.write(`${printModule(module)}\n`);
}

/** The elements of those inputs that have the place of an element of the result. */
function operandsAt(inputs: readonly Value[], { index }: ElementVerdict): string {
  const parts = leafTensors(tupleValue(inputs)).map(({ shape, data }) => {
    if (shape.dims.length !== index.length) return '·';
    const strides = rowMajorStrides(shape.dims);
    const at = index.reduce((sum, k, d) => sum + k * strides[d], 0);
    return isComplex(shape.type) ? `${data[2 * at]} + ${data[2 * at + 1]}i` : String(data[at]);
  });
  return parts.join(', ');
}

function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        count: { type: 'string', default: '12' },
        op: { type: 'string' },
        types: { type: 'string' },
        modules: { type: 'string', default: '0' },
      },
    });
    const [seed, count, modules] = [values.seed, values.count, values.modules].map(Number);
    if (!Number.isInteger(seed) || seed < 0) return `--seed ${values.seed} is not an integer`;
    if (!Number.isInteger(count) || count < 1) return `--count ${values.count} is not positive`;
    if (!Number.isInteger(modules) || modules < 0) return `--modules ${values.modules} is no count`;
    const named = values.op?.split(',') ?? Object.keys(opTable);
    const wrong = named.find((name) => !isOpcode(name));
    if (wrong !== undefined) return `--op ${wrong} is no opcode`;
    const types = values.types?.split(',') ?? [];
    const untyped = types.find((name) => !isElementType(name));
    if (untyped !== undefined) return `--types ${untyped} is no element type`;
    return { seed, count, opcodes: named as Opcode[], types: types as ElementType[], modules };
  } catch (error) {
    return (error as Error).message;
  }
}

process.exitCode = await main();
