/**
 * `npm run mutants`: faults planted in the dumps of the corpora. A table by family; each fault that
 * changes a result and is not found, or is blamed on another pass, is shown with the line that draws
 * it again. Exit 1 where there is one.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { corpora, corpus } from '../corpora.ts';
import { described, drawMutant, judgeMutant, type Mutant, type MutantOutcome } from './mutant.ts';
import { type Family, families } from './mutations.ts';
import { programsIn } from './programs.ts';

const usage =
  'usage: npm run mutants -- [--count N] [--seed N] [--from K] [--program NAME,…] [--keep DIR]';

interface Row {
  planted: number;
  changing: number;
  found: number;
  blamed: number;
}

const none: Row = { planted: 0, changing: 0, found: 0, blamed: 0 };

function main(): number {
  const options = readOptions();
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n${usage}\n`);
    return 2;
  }
  if (!corpora) {
    process.stdout.write('skipped: the corpora are absent ($ASSAY_CORPORA)\n');
    return 0;
  }
  const folder = corpus('xla-dumps/cpu');
  const names = readdirSync(folder, { withFileTypes: true }).filter((e) => e.isDirectory());
  const chosen = names.map((e) => e.name).filter((n) => options.programs?.includes(n) ?? true);
  const programs = programsIn(folder, chosen.sort());
  const rows = new Map<Family, Row>(families.map((f) => [f, { ...none }]));
  const started = performance.now();
  for (let n = options.from; n < options.from + options.count; n++) {
    one(drawMutant(options.seed, n, programs), rows, options);
  }
  process.stdout.write(`${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  return table(rows);
}

function one(mutant: Mutant, rows: ReadonlyMap<Family, Row>, options: Options): void {
  const folder = mkdtempSync(join(tmpdir(), 'assay-mutant-'));
  try {
    const outcome = judgeMutant(mutant, folder);
    const row = rows.get(mutant.mutation.family)!;
    row.planted++;
    if (outcome.effect === 'real') {
      row.changing++;
      if (outcome.found) row.found++;
      if (outcome.blamed) row.blamed++;
    }
    if (outcome.effect === 'real' && !outcome.blamed) show(mutant, outcome, folder, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function show(mutant: Mutant, outcome: MutantOutcome, folder: string, options: Options): void {
  const head = outcome.found ? 'MISBLAMED' : 'MISSED';
  process.stdout.write(`${head} ${described(mutant)}\n  ${outcome.where}\n  ${outcome.what}\n`);
  const only = options.programs ? ` --program ${options.programs.join(',')}` : '';
  const { seed, index } = mutant;
  process.stdout.write(`  npm run mutants -- --seed ${seed} --from ${index} --count 1${only}\n`);
  if (options.keep) cpSync(folder, join(options.keep, `${seed}-${index}`), { recursive: true });
}

function table(rows: ReadonlyMap<Family, Row>): number {
  const line = (name: string, cells: readonly (string | number)[]) =>
    process.stdout.write(
      `${[name.padEnd(10), ...cells.map((c) => String(c).padStart(10))].join('')}\n`,
    );
  line('family', ['planted', 'changing', 'found', 'blamed']);
  const total = { ...none };
  for (const [family, row] of rows) {
    line(family, Object.values(row));
    for (const key of Object.keys(total) as (keyof Row)[]) total[key] += row[key];
  }
  line('all', Object.values(total));
  return total.blamed < total.changing ? 1 : 0;
}

interface Options {
  readonly count: number;
  readonly seed: number;
  readonly from: number;
  readonly programs: readonly string[] | undefined;
  readonly keep: string | undefined;
}

function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        count: { type: 'string', default: '400' },
        seed: { type: 'string', default: '1' },
        from: { type: 'string', default: '0' },
        program: { type: 'string' },
        keep: { type: 'string' },
      },
    });
    const number = (text: string) => {
      const n = Number(text);
      if (!Number.isInteger(n) || n < 0) throw new RangeError(`${text} is not a count`);
      return n;
    };
    const [count, seed, from] = [values.count, values.seed, values.from].map(number);
    return { count, seed, from, programs: values.program?.split(','), keep: values.keep };
  } catch (error) {
    return (error as Error).message;
  }
}

process.exitCode = main();
