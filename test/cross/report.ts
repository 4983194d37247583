/** The table of `npm run cross:xla`, and beneath it what was refused, skipped or known, and why. */
import type { Opcode } from '../../graphs/ops/table.ts';
import type { Comparison } from './compare.ts';
import type { Row } from './gen.ts';

const columns = [
  'bit-equal',
  'within',
  'undecided',
  'known',
  'outside',
  'refused by us',
  'refused by XLA',
  'crashed XLA',
] as const satisfies readonly Comparison['kind'][];

/** Prints one row an opcode, the totals, and the reasons. */
export function printTable(
  found: ReadonlyMap<Opcode, readonly Comparison[]>,
  opcodes: readonly Opcode[],
  generators: Readonly<Record<Opcode, Row>>,
): void {
  printRow('opcode', ['instances', 'compared', ...columns, 'worst ULP']);
  for (const opcode of opcodes) {
    const comparisons = found.get(opcode);
    if (comparisons) printCounts(opcode, comparisons);
  }
  printCounts('total', [...found.values()].flat());
  for (const kind of ['refused by us', 'refused by XLA', 'crashed XLA'] as const) {
    printReasons(kind, found, (c) => (c.kind === kind ? firstLine(c.reason) : undefined));
  }
  printReasons('known deviations', found, (c) =>
    c.deviation ? `${c.deviation.reason} (${c.deviation.source})` : undefined,
  );
  const none = opcodes.flatMap((opcode) => whyNotCompared(opcode, found, generators));
  if (none.length > 0) print('\nnot compared');
  for (const line of none) print(`  ${line}`);
}

/** Why no instance of an opcode has two results to compare; nothing where one has. */
function whyNotCompared(
  opcode: Opcode,
  found: ReadonlyMap<Opcode, readonly Comparison[]>,
  generators: Readonly<Record<Opcode, Row>>,
): string[] {
  const row = generators[opcode];
  if (typeof row !== 'function') return [`${opcode}: ${row.skipped}`];
  const comparisons = found.get(opcode) ?? [];
  if (comparisons.some(isCompared)) return [];
  const reasons = new Set(
    comparisons.map((c) => `${c.kind}: ${firstLine(c.reason).slice(0, 120)}`),
  );
  return [`${opcode}: ${[...reasons][0] ?? 'no instance was drawn'}`];
}

/** True where both sides gave a result. */
function isCompared({ kind }: Comparison): boolean {
  return !kind.startsWith('refused') && kind !== 'crashed XLA';
}

/** How many programs came to what, and the share of elements that was decided. */
export function printPrograms(found: readonly Comparison[]): void {
  printRow('programs', ['instances', 'compared', ...columns, 'worst ULP']);
  printCounts('total', found);
  const judged = found.filter((c) => c.elements !== undefined);
  const [elements, decided] = (['elements', 'decided'] as const).map((key) =>
    judged.reduce((sum, c) => sum + (c[key] ?? 0), 0),
  );
  const share = elements > 0 ? ((100 * decided) / elements).toFixed(2) : '100';
  print(`${share} % of ${elements} elements decided in ${judged.length} results that differ`);
  for (const kind of ['refused by us', 'refused by XLA', 'crashed XLA'] as const) {
    const all = new Map([['module', found]]);
    printReasons(kind, all, (c) => (c.kind === kind ? firstLine(c.reason) : undefined));
  }
}

function printCounts(name: string, comparisons: readonly Comparison[]): void {
  const counts = columns.map((kind) => comparisons.filter((c) => c.kind === kind).length);
  const ulp = Math.max(0, ...comparisons.map((c) => c.ulp));
  const shown = ulp < 1e6 ? String(ulp) : ulp.toExponential(1);
  const compared = comparisons.filter(isCompared).length;
  printRow(name, [comparisons.length, compared, ...counts].map(String).concat(shown));
}

function printReasons(
  title: string,
  found: ReadonlyMap<string, readonly Comparison[]>,
  reasonOf: (c: Comparison) => string | undefined,
): void {
  const counts = new Map<string, number>();
  for (const [opcode, comparisons] of found) {
    for (const comparison of comparisons) {
      const reason = reasonOf(comparison);
      if (reason === undefined) continue;
      const line = `${opcode}: ${withoutSizes(reason)}`;
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
  }
  if (counts.size) print(`\n${title}`);
  for (const [line, n] of counts) print(`  ${n} × ${line}`);
}

/** Refusals of one cause differ in sizes and names alone. */
function withoutSizes(reason: string): string {
  return reason.replace(/\d+(?:[x,\s]*\d+)*/g, 'N');
}

function firstLine(text: string | undefined): string {
  return (text ?? '').replaceAll('\n', ' ').slice(0, 240);
}

function printRow(name: string, cells: readonly string[]): void {
  print(`${name.padEnd(26)}${cells.map((c) => c.padStart(15)).join('')}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
