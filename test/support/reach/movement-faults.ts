/** Movement: bounds off by one, dimensions swapped, an end lost, padding on the wrong side. */
import { exact } from '../../../graphs/ir/contract.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Draws } from '../pairs/draws.ts';
import { array, type DrawFault, faultsOf, parameters, texts } from './fault.ts';

const types: readonly ElementType[] = ['f32', 'bf16', 's32', 'u8', 'pred', 'f64', 'c64'];

/** One operand `x` of two dimensions, and two last lines of which one is wrong. */
const one =
  (
    make: (d: Draws, n: number, m: number, type: ElementType) => readonly [string, string],
  ): DrawFault =>
  (d) => {
    const [n, m] = [d.int(2, 9), d.int(2, 9)];
    const type = d.pick(types);
    const [before, after] = make(d, n, m, type);
    return texts(parameters(array(type, n, m), ['x']), `ROOT r = ${before}`, `ROOT r = ${after}`);
  };

/** The same over a square, or over a cube: what can be exchanged without another shape. */
const cube =
  (make: (n: number, shape: string) => readonly [string, string]): DrawFault =>
  (d) => {
    const n = d.int(2, 5);
    const shape = array(d.pick(types), n, n, n);
    const [before, after] = make(n, shape);
    return texts(parameters(shape, ['x']), `ROOT r = ${before}`, `ROOT r = ${after}`);
  };

const zeroOf = (t: ElementType) => (t === 'pred' ? 'false' : t === 'c64' ? '(0, 0)' : '0');

const padded =
  (
    low: number,
    high: number,
    interior: number,
    wrong: readonly [number, number, number],
  ): DrawFault =>
  (d) => {
    const [n, m] = [d.int(1, 5), d.int(2, 9)];
    const type = d.pick(types);
    const out = array(type, n, m + low + high + interior * (m - 1));
    const pad = ([l, h, i]: readonly number[]) =>
      `ROOT r = ${out} pad(x, z), padding=0_0x${l}_${h}_${i}`;
    const head = `${parameters(array(type, n, m), ['x'])}\nz = ${type}[] constant(${zeroOf(type)})`;
    return texts(head, pad([low, high, interior]), pad(wrong));
  };

const joined =
  (order: (parts: readonly string[]) => readonly string[]): DrawFault =>
  (d) => {
    const [n, m, k] = [d.int(1, 5), d.int(1, 6), d.int(2, 3)];
    const shape = array(d.pick(types), n, m);
    const names = ['x', 'y', 'z'].slice(0, k);
    const type = shape.slice(0, shape.indexOf('['));
    const join = (parts: readonly string[]) =>
      `ROOT r = ${type}[${n},${m * k}] concatenate(${parts.join(', ')}), dimensions={1}`;
    return texts(parameters(shape, names), join(names), join(order(names)));
  };

const iota =
  (wrong: (d: Draws, type: ElementType, n: number) => string): DrawFault =>
  (d) => {
    const type = d.pick<ElementType>(['s32', 'f32', 'u8', 's64']);
    const n = d.int(2, 9);
    const shape = array(type, n, n);
    const before = `k = ${shape} iota(), iota_dimension=1`;
    const compared = `c = pred[${n},${n}] compare(x, k), direction=LT\nROOT r = ${shape} select(c, x, y)`;
    const head = parameters(shape, ['x', 'y']);
    return texts(head, `${before}\n${compared}`, `${wrong(d, type, n)}\n${compared}`);
  };

export const movementFaults = faultsOf('movement', exact, {
  'slice-one-later': one((d, n, m, t) => {
    const k = d.int(1, m - 1);
    const from = d.int(0, m - k - 1);
    const slice = (s: number) => `${array(t, n, k)} slice(x), slice={[0:${n}],[${s}:${s + k}]}`;
    return [slice(from), slice(from + 1)];
  }),
  'slice-strided-from-one': one((_, n, m, t) => {
    const slice = (s: number) =>
      `${array(t, n, m >> 1)} slice(x), slice={[0:${n}],[${s}:${2 * (m >> 1)}:2]}`;
    return [slice(0), slice(1)];
  }),
  'slice-stride-lost': one((_, n, m, t) => {
    const k = Math.max(2, m >> 1);
    const out = array(t, n, k);
    if (2 * k > m + 1)
      return [`${out} slice(x), slice={[0:${n}],[0:2]}`, `${out} reverse(x), dimensions={1}`];
    return [
      `${out} slice(x), slice={[0:${n}],[0:${2 * k - 1}:2]}`,
      `${out} slice(x), slice={[0:${n}],[0:${k}]}`,
    ];
  }),
  'reverse-lost': one((_, n, m, t) => [
    `${array(t, n, m)} reverse(x), dimensions={1}`,
    `${array(t, n, m)} copy(x)`,
  ]),
  'reverse-of-other-dimension': one((_, n, m, t) => [
    `${array(t, n, m)} reverse(x), dimensions={1}`,
    `${array(t, n, m)} reverse(x), dimensions={0}`,
  ]),
  'reverse-of-both': one((_, n, m, t) => [
    `${array(t, n, m)} reverse(x), dimensions={0}`,
    `${array(t, n, m)} reverse(x), dimensions={0,1}`,
  ]),
  'transpose-as-reshape': one((_, n, m, t) => [
    `${array(t, m, n)} transpose(x), dimensions={1,0}`,
    `${array(t, m, n)} reshape(x)`,
  ]),
  'reshape-as-transpose': one((_, n, m, t) => [
    `${array(t, m, n)} reshape(x)`,
    `${array(t, m, n)} transpose(x), dimensions={1,0}`,
  ]),
  'transpose-inverted': cube((_, s) => [
    `${s} transpose(x), dimensions={1,2,0}`,
    `${s} transpose(x), dimensions={2,0,1}`,
  ]),
  'transpose-lost': cube((_, s) => [`${s} transpose(x), dimensions={0,2,1}`, `${s} copy(x)`]),
  'transpose-of-others': cube((_, s) => [
    `${s} transpose(x), dimensions={0,2,1}`,
    `${s} transpose(x), dimensions={1,0,2}`,
  ]),
  'broadcast-swapped': (d) => {
    const n = d.int(2, 6);
    const type = d.pick(types);
    const broadcast = (dims: string) =>
      `ROOT r = ${array(type, n, n)} broadcast(x), dimensions={${dims}}`;
    return texts(parameters(array(type, n), ['x']), broadcast('0'), broadcast('1'));
  },
  'pad-sides-swapped': padded(1, 0, 0, [0, 1, 0]),
  'pad-one-over': padded(2, 1, 0, [1, 2, 0]),
  'pad-interior-shifted': padded(0, 1, 1, [1, 0, 1]),
  'pad-negative-of-other-end': padded(-1, 0, 0, [0, -1, 0]),
  'pad-of-another-value': (d) => {
    const [m, low] = [d.int(1, 9), d.int(0, 2)];
    const type = d.pick<ElementType>(['f32', 'bf16', 's32']);
    const pad = `ROOT r = ${array(type, m + low + 1)} pad(x, z), padding=${low}_1`;
    const value = (v: string) => `z = ${type}[] constant(${v})\n${pad}`;
    const wrong = type === 's32' ? '1' : d.pick(['-0', '1']);
    return texts(parameters(array(type, m), ['x']), value('0'), value(wrong));
  },
  'concatenate-swapped': joined((parts) => [...parts].reverse()),
  'concatenate-first-twice': joined(([a, , ...rest]) => [a!, a!, ...rest]),
  'concatenate-last-twice': joined((parts) => [
    ...parts.slice(0, -2),
    parts.at(-1)!,
    parts.at(-1)!,
  ]),
  'iota-of-other-dimension': iota((_, t, n) => `k = ${array(t, n, n)} iota(), iota_dimension=0`),
  'iota-from-one': iota(
    (_, t, n) => `i = ${array(t, n, n)} iota(), iota_dimension=1
one.scalar = ${t}[] constant(1)
one = ${array(t, n, n)} broadcast(one.scalar), dimensions={}
k = ${array(t, n, n)} add(i, one)`,
  ),
  'iota-reversed': iota(
    (_, t, n) => `i = ${array(t, n, n)} iota(), iota_dimension=1
k = ${array(t, n, n)} reverse(i), dimensions={1}`,
  ),
});
