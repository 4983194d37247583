/**
 * `npm run cross:onnx`: random models of one node each, every op over op sets, shapes, attributes and
 * types, the reference against onnxruntime, judged by the budget of the exact mode. Needs a Python with
 * onnx and onnxruntime (ASSAY_PYTHON, else python3); without one it says so and exits 0. Exit 1 where a
 * result lies outside its budget and no known deviation explains it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Refusal } from '../child.ts';
import { compareModel, type OnnxComparison } from './compare.ts';
import { type Draw, listOps, runOnOnnxRuntime } from './runtime.ts';

const columns = [
  'bit-equal',
  'within',
  'undecided',
  'known',
  'outside',
  'refused by us',
  'refused by ORT',
  'crashed ORT',
] as const satisfies readonly (OnnxComparison['kind'] | `${string} ORT`)[];

const usage = 'usage: npm run cross:onnx -- [--seed N] [--count N] [--op OP,…] [--keep DIR]';

/** What became of one model, by one of the columns. */
interface Row {
  readonly kind: (typeof columns)[number];
  readonly ulp: number;
  readonly reason: string;
}

async function main(): Promise<number> {
  const python = process.env.ASSAY_PYTHON ?? 'python3';
  const options = readOptions();
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n${usage}\n`);
    return 2;
  }
  const known = listOps(python);
  if ('missing' in known) {
    const why = `${python} cannot import onnx and onnxruntime (${known.missing})`;
    process.stdout.write(`cross:onnx: no onnxruntime, as ${why}\n`);
    return 0;
  }
  const ops = options.ops ?? known;
  const wrong = ops.find((op) => !known.includes(op));
  if (wrong !== undefined) {
    process.stderr.write(`there is no generator for --op ${wrong}\n`);
    return 2;
  }
  const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'assay-cross-'));
  try {
    const draw = { ...options, ops };
    const refusals = await runOnOnnxRuntime(python, folder, draw);
    return report(draw, folder, refusals);
  } finally {
    if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function report(draw: Draw, folder: string, refusals: ReadonlyMap<number, Refusal>): number {
  const { ops, count, seed } = draw;
  const rows = ops.map((op, n) => {
    const found = Array.from({ length: count }, (_, index): Row => {
      const k = n * count + index;
      const refusal = refusals.get(k);
      const row = refusal ? ofRefusal(refusal) : compareModel(join(folder, String(k)));
      if (row.kind === 'outside') {
        const replay = `npm run cross:onnx -- --seed ${seed} --op ${op} --count ${index + 1}`;
        print(`OUTSIDE ${op} #${index}: ${row.reason}\n${replay}`);
      }
      return row;
    });
    return { op, found };
  });
  printRow('op', ['models', ...columns, 'worst ULP']);
  for (const { op, found } of rows) printCounts(op, found);
  const all = rows.flatMap((r) => r.found);
  printCounts('total', all);
  for (const kind of ['refused by us', 'known'] as const) {
    for (const { op, found } of rows) {
      const reasons = found.filter((r) => r.kind === kind).map((r) => r.reason);
      for (const reason of new Set(reasons)) print(`${kind}  ${op}: ${reason}`);
    }
  }
  return all.some((r) => r.kind === 'outside') ? 1 : 0;
}

function ofRefusal({ kind, reason }: Refusal): Row {
  return { kind: kind === 'crashed' ? 'crashed ORT' : 'refused by ORT', ulp: 0, reason };
}

function printCounts(name: string, found: readonly Row[]): void {
  const counts = columns.map((kind) => found.filter((r) => r.kind === kind).length);
  const ulp = Math.max(0, ...found.map((r) => r.ulp));
  const shown = ulp < 1e6 ? String(ulp) : ulp.toExponential(1);
  printRow(name, [found.length, ...counts].map(String).concat(shown));
}

function printRow(name: string, cells: readonly string[]): void {
  print(`${name.padEnd(26)}${cells.map((c) => c.padStart(15)).join('')}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

interface Options {
  readonly seed: number;
  readonly count: number;
  readonly ops?: readonly string[];
  readonly keep?: string;
}

function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        count: { type: 'string', default: '12' },
        op: { type: 'string' },
        keep: { type: 'string' },
      },
    });
    const [seed, count] = [Number(values.seed), Number(values.count)];
    if (!Number.isInteger(seed) || seed < 0) return `--seed ${values.seed} is not an integer`;
    if (!Number.isInteger(count) || count < 1) return `--count ${values.count} is not positive`;
    return {
      seed,
      count,
      ...(values.op !== undefined && { ops: values.op.split(',') }),
      ...(values.keep !== undefined && { keep: values.keep }),
    };
  } catch (error) {
    return (error as Error).message;
  }
}

process.exitCode = await main();
