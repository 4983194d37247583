/** Windows and padding as text: `{size=3x3 stride=2x2 pad=1_1x1_1}`, `0_0x1_1_2`. */
import type { PaddingDim, WindowDim } from '../ops/attr.ts';
import type { Scanner } from './scanner.ts';

/** How a field of a window is called in the text and what it is where the text has none. */
const fields = [
  { name: 'stride', key: 'stride', fallback: 1 },
  { name: 'lhs_dilate', key: 'baseDilation', fallback: 1 },
  { name: 'rhs_dilate', key: 'windowDilation', fallback: 1 },
] as const;

const fieldNames = ['size', 'pad', 'rhs_reversal', ...fields.map((f) => f.name as string)];

/** Reads a window. */
export function parseWindow(s: Scanner): WindowDim[] {
  s.expect('{', 'to open a window');
  const start = s.pos;
  const found = new Map<string, number[][]>();
  while (!s.accept('}')) {
    const at = s.pos;
    const name = s.word();
    if (!fieldNames.includes(name)) {
      s.pos = at;
      s.unexpected(`one of ${fieldNames.join(', ')} or "}" in a window`);
    }
    if (found.has(name)) s.fail('parse/duplicate-attribute', `${name} is given twice`, at);
    s.expect('=', `after ${name}`);
    found.set(name, crossed(s, name === 'pad' ? [2] : [1]));
  }
  const rank = found.get('size')?.length ?? 0;
  for (const [name, values] of found) {
    if (values.length === rank) continue;
    s.fail('parse/window-rank', `${name} has ${values.length} dimensions, size has ${rank}`, start);
  }
  return Array.from({ length: rank }, (_, i) => windowDim(found, i));
}

function windowDim(found: ReadonlyMap<string, number[][]>, i: number): WindowDim {
  const one = (name: string, fallback: number) => found.get(name)?.[i]?.[0] ?? fallback;
  const [padLow = 0, padHigh = 0] = found.get('pad')?.[i] ?? [];
  return {
    size: one('size', 1),
    stride: one('stride', 1),
    padLow,
    padHigh,
    windowDilation: one('rhs_dilate', 1),
    baseDilation: one('lhs_dilate', 1),
    reversal: one('rhs_reversal', 0) === 1,
  };
}

/** Reads `1_2x3_4`: groups of numbers, each of one of the sizes allowed. */
function crossed(s: Scanner, sizes: readonly number[]): number[][] {
  s.skip();
  const start = s.pos;
  const text = s.balanced('numbers joined by "x"');
  const groups = text.split('x').map((group) => group.split('_').map(Number));
  const wellFormed = /^-?\d+(?:[_x]-?\d+)*$/.test(text);
  if (!wellFormed || !groups.every((g) => sizes.includes(g.length))) {
    const form = sizes[0] === 1 ? '3x3' : '0_1x0_1';
    s.fail('parse/expected', `expected numbers of the form ${form}, found ${text}`, start);
  }
  if (!groups.flat().every(Number.isSafeInteger)) {
    s.fail('parse/integer-range', `${text} has a number beyond 2^53, the largest here`, start);
  }
  return groups;
}

/** Prints a window; fields that have their usual value in every dimension are left out. */
export function printWindow(window: readonly WindowDim[]): string {
  const parts = window.length ? [`size=${window.map((d) => d.size).join('x')}`] : [];
  const [stride, ...dilations] = fields;
  const add = ({ name, key, fallback }: (typeof fields)[number]) => {
    if (window.every((d) => d[key] === fallback)) return;
    parts.push(`${name}=${window.map((d) => d[key]).join('x')}`);
  };
  add(stride);
  if (window.some((d) => d.padLow || d.padHigh)) {
    parts.push(`pad=${window.map((d) => `${d.padLow}_${d.padHigh}`).join('x')}`);
  }
  dilations.forEach(add);
  if (window.some((d) => d.reversal)) {
    parts.push(`rhs_reversal=${window.map((d) => Number(d.reversal)).join('x')}`);
  }
  return `{${parts.join(' ')}}`;
}

/** Reads `low_high[_interior]` groups joined by 'x'; nothing for a scalar, as XLA prints it. */
export function parsePadding(s: Scanner): PaddingDim[] {
  if (!/[-\d]/.test(s.peek())) return [];
  return crossed(s, [2, 3]).map(([low, high, interior = 0]) => ({
    low: low!,
    high: high!,
    interior,
  }));
}

/** `low_high` or `low_high_interior` for each dimension, joined by `x`. */
export function printPadding(padding: readonly PaddingDim[]): string {
  return padding.map((p) => `${p.low}_${p.high}${p.interior ? `_${p.interior}` : ''}`).join('x');
}
