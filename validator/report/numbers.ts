/** Numbers and labelled lines as every text report shows them. */
import type { Shown } from '../verdict/verdict.ts';

/** A number in at most nine digits; negative zero with its sign. */
export function showNumber(x: Shown): string {
  if (typeof x === 'string') return x;
  if (Object.is(x, -0)) return '-0';
  return Number.isInteger(x) ? String(x) : String(Number(x.toPrecision(9)));
}

/** A count with its thousands apart. */
export function count(n: number): string {
  return n.toLocaleString('en');
}

/** A share as a percentage that never rounds up to 100. */
export function percent(share: number): string {
  if (share === 1) return '100 %';
  return `${(Math.floor(share * 100_000) / 1000).toFixed(3)} %`;
}

/** An indented line with a label in front. */
export function line(label: string, text: string): string {
  return `    ${label.padEnd(12)}${text}`;
}
