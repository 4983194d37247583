/**
 * `npm run reach`: wrong rewrites of every family of ops, many of each kind, on the default cases. A
 * table by family; each that is missed though some input shows it is told with that input and the line
 * that draws it again. Exit 1 where less than 99 % of those that any input shows are caught.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawFault, families, faults, type Planted, replayLine } from './faults.ts';
import { type FaultOutcome, judgeFault } from './judge-fault.ts';

const usage =
  'usage: npm run reach -- [--draws N] [--seed N] [--from K] [--only FAMILY|KIND,…] [--keep DIR] [--unshown]';

/** Below this share of caught faults the campaign fails. */
const leastCaught = 0.99;

interface Options {
  readonly draws: number;
  readonly seed: number;
  readonly from: number;
  readonly only: readonly string[];
  /** Where texts of missed faults are written. */
  readonly keep: string | undefined;
  /** Also list (and keep) those that no input shows. */
  readonly unshown: boolean;
}

interface Row {
  planted: number;
  unshown: number;
  caught: number;
  missed: number;
  seconds: number;
}

const none: Row = { planted: 0, unshown: 0, caught: 0, missed: 0, seconds: 0 };

function main(): number {
  const options = readOptions();
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n${usage}\n`);
    return 2;
  }
  const rows = new Map<string, Row>(families.map((f) => [f, { ...none }]));
  for (let n = options.from, left = options.draws; left > 0; n++) {
    const { name, family } = faults[n % faults.length]!;
    const { only } = options;
    if (only.length > 0 && !only.includes(name) && !only.includes(family)) continue;
    left--;
    const start = performance.now();
    const planted = drawFault(options.seed, n);
    const outcome = judgeFault(planted);
    const row = rows.get(family)!;
    row.planted++;
    row[outcome.outcome]++;
    row.seconds += (performance.now() - start) / 1000;
    show(planted, outcome, options);
  }
  return table(rows);
}

function show(planted: Planted, { outcome, what }: FaultOutcome, options: Options): void {
  if (outcome === 'caught' || (outcome === 'unshown' && !options.unshown)) return;
  const { fault, seed, index, texts } = planted;
  const head = outcome === 'missed' ? 'MISSED' : 'unshown';
  process.stdout.write(`${head} ${fault.family}: ${fault.name} ${what}\n`);
  process.stdout.write(`  ${replayLine(planted)}\n`);
  if (options.keep === undefined) return;
  const folder = join(options.keep, `${fault.name}-${seed}-${index}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'before.hlo'), texts.before);
  writeFileSync(join(folder, 'after.hlo'), texts.after);
}

function table(rows: ReadonlyMap<string, Row>): number {
  const width = 2 + Math.max(...families.map((f) => f.length));
  const write = (name: string, cells: readonly string[]) =>
    process.stdout.write(`${name.padEnd(width)}${cells.map((c) => c.padStart(9)).join('')}\n`);
  const share = (r: Row) => r.caught / Math.max(1, r.caught + r.missed);
  const line = (name: string, r: Row) => {
    const counts = [r.planted, r.unshown, r.caught, r.missed].map(String);
    write(name, [...counts, (100 * share(r)).toFixed(2), r.seconds.toFixed(1)]);
  };
  write('family', ['planted', 'unshown', 'caught', 'missed', 'caught%', 'seconds']);
  const total = { ...none };
  for (const [family, row] of rows) {
    if (row.planted > 0) line(family, row);
    for (const key of Object.keys(total) as (keyof Row)[]) total[key] += row[key];
  }
  line('all', total);
  return share(total) < leastCaught ? 1 : 0;
}

function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        draws: { type: 'string', default: '1000' },
        seed: { type: 'string', default: '1' },
        from: { type: 'string', default: '0' },
        only: { type: 'string' },
        keep: { type: 'string' },
        unshown: { type: 'boolean', default: false },
      },
    });
    const number = (text: string) => {
      const n = Number(text);
      if (!Number.isInteger(n) || n < 0) throw new RangeError(`${text} is not a count`);
      return n;
    };
    const only = values.only?.split(',') ?? [];
    const known = new Set([...families, ...faults.map((f) => f.name)]);
    const unknown = only.find((name) => !known.has(name));
    if (unknown !== undefined) throw new RangeError(`no family or kind is named ${unknown}`);
    const [draws, seed, from] = [values.draws, values.seed, values.from].map(number);
    return { draws, seed, from, only, keep: values.keep, unshown: values.unshown };
  } catch (error) {
    return (error as Error).message;
  }
}

process.exitCode = main();
