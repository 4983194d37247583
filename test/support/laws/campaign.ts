/**
 * `npm run laws`: every law over every opcode that it is about, many times: draws held and failures
 * as a table. Exit 1 where a law fails. Each failure is shown with the line that replays it.
 */
import { parseArgs } from 'node:util';
import { isOpcode, type Opcode } from '../../../graphs/ops/table.ts';
import { printModule } from '../../../graphs/text/printer.ts';
import { Draw, held, type Law } from './law.ts';
import { laws, opcodes } from './laws.ts';

const usage =
  'usage: npm run laws -- [--draws N] [--seed N] [--from N] [--op OPCODE,…] [--law NAME,…] [--seconds N]';

interface Options {
  readonly draws: number;
  readonly seed: number;
  /** The first draw. */
  readonly from: number;
  readonly opcodes: readonly Opcode[];
  readonly laws: readonly Law[];
  /** The time for one opcode; what was not reached is in the table. */
  readonly seconds: number;
}

interface Count {
  held: number;
  failed: number;
}

type Row = Map<Law, Count>;

function main(): number {
  const options = readOptions();
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n${usage}\n`);
    return 2;
  }
  const width = Math.max(...options.opcodes.map((o) => o.length));
  const line = (name: string, cells: readonly string[]) =>
    process.stdout.write(`${[name.padEnd(width), ...cells].join(' ')}\n`);
  line('held/failed', [...options.laws.map((law) => law.name.padStart(12)), '  tried']);
  let failed = 0;
  for (const opcode of options.opcodes) {
    const { row, tried } = campaign(opcode, options);
    line(opcode, [...options.laws.map((law) => cell(row.get(law))), String(tried).padStart(7)]);
    for (const count of row.values()) failed += count.failed;
  }
  process.stdout.write(`${failed} failures\n`);
  return failed > 0 ? 1 : 0;
}

function cell(count: Count | undefined): string {
  return (count ? `${count.held}/${count.failed}` : '').padStart(12);
}

/** Draws until every law has held so often, within forty times as many draws. */
function campaign(opcode: Opcode, options: Options): { readonly row: Row; readonly tried: number } {
  const row: Row = new Map();
  for (const law of options.laws) if (law.applies(opcode)) row.set(law, { held: 0, failed: 0 });
  const end = performance.now() + 1000 * options.seconds;
  let draw: Draw | undefined;
  let tried = 0;
  const open = () => [...row].filter(([, { held: n }]) => n < options.draws);
  for (let left = open(); left.length > 0; left = open()) {
    if (tried >= 40 * options.draws || performance.now() > end) break;
    draw = new Draw(options.seed, opcode, options.from + tried++, draw);
    for (const [law, count] of left) tally(law, draw, count);
  }
  return { row, tried };
}

function tally(law: Law, draw: Draw, count: Count): void {
  const outcome = held(law, draw);
  if (outcome === 'other') return;
  if (outcome === 'held') {
    count.held++;
    return;
  }
  if (count.failed++ > 2) return;
  const { seed, opcode, index } = draw;
  process.stdout.write(`FAILED ${law.name}: ${law.says}\n${outcome.wrong}\n`);
  process.stdout.write(
    `npm run laws -- --seed ${seed} --from ${index} --draws 1 --op ${opcode} --law ${law.name}\n`,
  );
  process.stdout.write(`${printModule(draw.module)}\n`);
}

function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        draws: { type: 'string', default: '10000' },
        seed: { type: 'string', default: '1' },
        from: { type: 'string', default: '0' },
        op: { type: 'string' },
        law: { type: 'string' },
        seconds: { type: 'string', default: '3600' },
      },
    });
    const number = (text: string) => {
      const n = Number(text);
      if (!Number.isInteger(n) || n < 0) throw new RangeError(`${text} is not a count`);
      return n;
    };
    const named = values.law?.split(',') ?? laws.map((law) => law.name);
    const unknown = named.find((name) => !laws.some((law) => law.name === name));
    if (unknown !== undefined) throw new RangeError(`no law is named ${unknown}`);
    return {
      draws: number(values.draws),
      seed: number(values.seed),
      from: number(values.from),
      seconds: number(values.seconds),
      opcodes: values.op ? values.op.split(',').map(opcodeNamed) : opcodes.filter(isUnderLaw),
      laws: laws.filter((law) => named.includes(law.name)),
    };
  } catch (error) {
    return (error as Error).message;
  }
}

function isUnderLaw(opcode: Opcode): boolean {
  return laws.some((law) => law.applies(opcode));
}

function opcodeNamed(name: string): Opcode {
  if (isOpcode(name)) return name;
  throw new RangeError(`no opcode is named ${name}`);
}

process.exitCode = main();
