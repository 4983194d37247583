/**
 * Random arrangements of one sum: the columns of a matrix, added up by a tree whose nodes are drawn
 * from the ways in which HLO can say so.
 */
import type { Random } from '../../../golden/kinds/random.ts';

/** Writes instructions that add up columns low … high - 1 of x = T[rows,columns]; gives names. */
class Writer {
  readonly lines: string[] = [];
  private readonly random: Random;
  private readonly rows: number;
  private names = 0;

  constructor(random: Random, rows: number) {
    this.random = random;
    this.rows = rows;
  }

  line(shape: string, text: string): string {
    const name = `v${this.names++}`;
    this.lines.push(`${name} = T[${shape}] ${text}`);
    return name;
  }

  /** The sum of columns as T[rows]. */
  sum(low: number, high: number): string {
    if (high - low === 1) return this.line(`${this.rows}`, `reshape(${this.columns(low, high)})`);
    const ways = [this.reduced, this.multiplied, this.added, this.joined, this.folded, this.padded];
    return ways[this.random.integer(0, ways.length)]!.call(this, low, high);
  }

  private columns(low: number, high: number): string {
    const text = `slice(x), slice={[0:${this.rows}],[${low}:${high}]}`;
    return this.line(`${this.rows},${high - low}`, text);
  }

  private reduced(low: number, high: number): string {
    const from = this.columns(low, high);
    return this.line(`${this.rows}`, `reduce(${from}, z), dimensions={1}, to_apply=add`);
  }

  private multiplied(low: number, high: number): string {
    const ones = this.line(`${high - low}`, 'broadcast(o), dimensions={}');
    const text = `dot(${this.columns(low, high)}, ${ones})`;
    return this.line(`${this.rows}`, `${text}, lhs_contracting_dims={1}, rhs_contracting_dims={0}`);
  }

  private halves(low: number, high: number): readonly [string, string] {
    const middle = this.random.integer(low + 1, high);
    const parts = [this.sum(low, middle), this.sum(middle, high)] as const;
    return this.random.uniform() < 0.5 ? parts : [parts[1], parts[0]];
  }

  private added(low: number, high: number): string {
    const [a, b] = this.halves(low, high);
    if (this.random.uniform() < 0.5) return this.line(`${this.rows}`, `add(${a}, ${b})`);
    return this.line(
      `${this.rows}`,
      `subtract(${a}, ${this.line(`${this.rows}`, `negate(${b})`)})`,
    );
  }

  /** Two sums as columns of a matrix, reduced. */
  private joined(low: number, high: number): string {
    const sides = this.halves(low, high).map((s) => this.line(`${this.rows},1`, `reshape(${s})`));
    const both = this.line(`${this.rows},2`, `concatenate(${sides}), dimensions={1}`);
    const text = `transpose(${both}), dimensions={1,0}`;
    const turned = this.line(`2,${this.rows}`, text);
    return this.line(`${this.rows}`, `reduce(${turned}, z), dimensions={0}, to_apply=add`);
  }

  /** The columns in pairs, if they are even in number. */
  private folded(low: number, high: number): string {
    const half = (high - low) / 2;
    if (!Number.isInteger(half)) return this.added(low, high);
    const [a, b] = [this.columns(low, low + half), this.columns(low + half, high)];
    const pairs = this.line(`${this.rows},${half}`, `add(${a}, ${b})`);
    return this.line(`${this.rows}`, `reduce(${pairs}, z), dimensions={1}, to_apply=add`);
  }

  /** Two sums interleaved by interior padding. */
  private padded(low: number, high: number): string {
    const [a, b] = this.halves(low, high);
    const wide = `${2 * this.rows}`;
    const even = this.line(wide, `pad(${a}, z), padding=0_1_1`);
    const odd = this.line(wide, `pad(${b}, z), padding=1_0_1`);
    const both = this.line(wide, `add(${even}, ${odd})`);
    const pairs = this.line(`${this.rows},2`, `reshape(${both})`);
    return this.line(`${this.rows}`, `reduce(${pairs}, z), dimensions={1}, to_apply=add`);
  }
}

/** The text of a module that adds up columns `low` to `high` of its parameter T[rows,columns]. */
export function sumTree(
  random: Random,
  rows: number,
  columns: number,
  [low, high]: readonly [number, number] = [0, columns],
): string {
  const writer = new Writer(random, rows);
  const root = writer.sum(low, high);
  return `HloModule m
add { a = T[] parameter(0)  b = T[] parameter(1)  ROOT s = T[] add(a, b) }
ENTRY e { x = T[${rows},${columns}] parameter(0)  z = T[] constant(0)  o = T[] constant(1)
${writer.lines.join('\n')}
ROOT r = T[${rows}] reshape(${root}) }`;
}
