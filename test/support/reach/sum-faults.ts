/** One term of a sum lost, doubled or taken from its neighbour: reductions, dots, convolutions. */
import { reassociates } from '../../../graphs/ir/contract.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Draws } from '../pairs/draws.ts';
import { array, combiner, type DrawFault, faultsOf, parameters, texts } from './fault.ts';

const types: readonly ElementType[] = ['f32', 'bf16', 'f32', 'f16'];

/** Lengths up to 4,096; places: ends, near multiples of tiles, anywhere. */
function lengthAndPlace(d: Draws): readonly [number, number] {
  const n = d.pick([d.int(2, 40), d.int(40, 400), d.pick([512, 1024, 2048, 4096])]);
  return [n, d.pick([0, n - 1, n >> 1, d.int(0, n - 1), d.int(0, n - 1)])];
}

/** `y`: the row `x` with one element replaced. */
function changed(x: string, at: number, n: number, how: 'lost' | 'doubled' | 'next'): string {
  const type = x.slice(0, x.indexOf('['));
  const one = (from: number) => `slice(x), slice={[0:1],[${from}:${from + 1}]}`;
  const next = at > 0 ? at - 1 : Math.min(n - 1, 1);
  const value = {
    lost: `z = ${type}[] constant(0)\ne = ${type}[1,1] broadcast(z), dimensions={}`,
    doubled: `o = ${type}[1,1] ${one(at)}\ne = ${type}[1,1] add(o, o)`,
    next: `e = ${type}[1,1] ${one(next)}`,
  };
  return `${value[how]}
i = s32[] constant(0)
j = s32[] constant(${at})
y = ${x} dynamic-update-slice(x, e, i, j)`;
}

type How = 'lost' | 'doubled' | 'next';

const reduced =
  (how: How): DrawFault =>
  (d) => {
    const type = d.pick(types);
    const [n, at] = lengthAndPlace(d);
    const shape = array(type, 1, n);
    const sum = (x: string) =>
      `ROOT r = ${array(type, 1)} reduce(${x}, zero), dimensions={1}, to_apply=f`;
    const head = `${parameters(shape, ['x'])}\nzero = ${type}[] constant(0)`;
    return texts(head, sum('x'), `${changed(shape, at, n, how)}\n${sum('y')}`, [
      combiner('f', type, 'add'),
    ]);
  };

const dotted =
  (how: How): DrawFault =>
  (d) => {
    const type = d.pick(types);
    const [n, at] = lengthAndPlace(d);
    const m = d.int(1, 4);
    const shape = array(type, 1, n);
    const dot = (x: string) =>
      `ROOT r = ${array(type, 1, m)} dot(${x}, w), lhs_contracting_dims={1}, rhs_contracting_dims={0}`;
    const head = `${parameters(shape, ['x'])}\n${parameters(array(type, n, m), ['w'], 1)}`;
    return texts(head, dot('x'), `${changed(shape, at, n, how)}\n${dot('y')}`);
  };

const convolved =
  (how: 'lost' | 'reversed' | 'moved'): DrawFault =>
  (d) => {
    const type = d.pick(types);
    const [n, taps, c] = [d.int(6, 24), d.int(2, 4), d.int(1, 4)];
    const [x, w] = [array(type, 1, n, c), array(type, taps, c, 2)];
    const conv = (kernel: string, low: number, reverse = '') =>
      `ROOT r = ${array(type, 1, n, 2)} convolution(x, ${kernel}), window={size=${taps} pad=${low}_${taps - 1 - low}${reverse}}, dim_labels=b0f_0io->b0f`;
    const head = `${parameters(x, ['x'])}\n${parameters(w, ['w'], 1)}`;
    const cut = `z = ${type}[] constant(0)
k = ${array(type, taps - 1, c, 2)} slice(w), slice={[0:${taps - 1}],[0:${c}],[0:2]}
v = ${w} pad(k, z), padding=0_1x0_0x0_0`;
    const wrong = {
      lost: `${cut}\n${conv('v', 0)}`,
      reversed: conv('w', 0, ' rhs_reversal=1'),
      moved: conv('w', 1),
    };
    return texts(head, conv('w', 0), wrong[how]);
  };

/** Both operands of a batched dot, batches or rows exchanged. */
const batched =
  (wrong: string): DrawFault =>
  (d) => {
    const n = d.int(2, 5);
    const shape = array(d.pick(types), n, n, n);
    const dot = (attrs: string) => `ROOT r = ${shape} dot(x, w), ${attrs}`;
    const usual =
      'lhs_batch_dims={0}, lhs_contracting_dims={2}, rhs_batch_dims={0}, rhs_contracting_dims={1}';
    return texts(parameters(shape, ['x', 'w']), dot(usual), dot(wrong));
  };

/** Sums over all but the last element, as a loop bound off by one would. */
const cumulative: DrawFault = (d) => {
  const type = d.pick(types);
  const m = d.int(3, 20);
  const shape = array(type, 2, m);
  const windowed = (size: number, low: number) =>
    `ROOT r = ${shape} reduce-window(x, zero), window={size=1x${size} pad=0_0x${low}_${size - 1 - low}}, to_apply=f`;
  const head = `${parameters(shape, ['x'])}\nzero = ${type}[] constant(0)`;
  const wrong = d.pick([windowed(m - 1, m - 2), windowed(m, m - 2)]);
  return texts(head, windowed(m, m - 1), wrong, [combiner('f', type, 'add')]);
};

const narrowed: DrawFault = (d) => {
  const [n, k] = [d.int(1, 4), d.int(2, 200)];
  const type = d.pick<ElementType>(['f32', 'f64']);
  const narrow = d.pick<ElementType>(['bf16', 'f16']);
  const dims = 'lhs_contracting_dims={1}, rhs_contracting_dims={0}';
  const head = `${parameters(array(type, n, k), ['x'])}\n${parameters(array(type, k, n), ['w'], 1)}`;
  const after = `a = ${array(narrow, n, k)} convert(x)
b = ${array(narrow, k, n)} convert(w)
c = ${array(narrow, n, n)} dot(a, b), ${dims}
ROOT r = ${array(type, n, n)} convert(c)`;
  return texts(head, `ROOT r = ${array(type, n, n)} dot(x, w), ${dims}`, after);
};

export const sumFaults = faultsOf('sums', reassociates, {
  'reduce-loses-term': reduced('lost'),
  'reduce-doubles-term': reduced('doubled'),
  'reduce-takes-neighbour': reduced('next'),
  'dot-loses-term': dotted('lost'),
  'dot-doubles-term': dotted('doubled'),
  'dot-takes-neighbour': dotted('next'),
  'dot-at-narrower-type': narrowed,
  'dot-of-transposed': batched(
    'lhs_batch_dims={0}, lhs_contracting_dims={1}, rhs_batch_dims={0}, rhs_contracting_dims={1}',
  ),
  'dot-of-other-batch': batched(
    'lhs_batch_dims={1}, lhs_contracting_dims={2}, rhs_batch_dims={0}, rhs_contracting_dims={1}',
  ),
  'convolution-loses-tap': convolved('lost'),
  'convolution-reversed': convolved('reversed'),
  'convolution-moved': convolved('moved'),
  'prefix-sum-short': cumulative,
});
