/** Reductions from another identity, over one element less or one twice, windows moved. */
import { exact, reassociates } from '../../../graphs/ir/contract.ts';
import { type ElementType, elementTypes, isFloat } from '../../../graphs/ir/element-type.ts';
import type { Draws } from '../pairs/draws.ts';
import { type Combiner, neutral } from '../pairs/writer.ts';
import {
  array,
  combiner,
  type DrawFault,
  faultsOf,
  floats,
  parameters,
  signed,
  texts,
  unsigned,
} from './fault.ts';

const literal = (x: number) => (Math.abs(x) === Infinity ? (x > 0 ? 'inf' : '-inf') : String(x));

interface Reduced {
  readonly type: ElementType;
  readonly opcode: Combiner;
  readonly from?: number | string;
  readonly instead: number | string;
}

/** A reduction of a matrix over one dimension or both, from another value. */
function reduction(d: Draws, { type, opcode, from, instead }: Reduced) {
  const [n, m] = [d.int(1, 8), d.int(1, 12)];
  const [dims, left] = d.pick<[string, readonly number[]]>([
    ['1', [n]],
    ['0', [m]],
    ['0,1', []],
  ]);
  const reduce = (x: number | string) =>
    `e = ${type}[] constant(${typeof x === 'number' ? literal(x) : x})
ROOT r = ${array(type, ...left)} reduce(x, e), dimensions={${dims}}, to_apply=f`;
  return texts(
    parameters(array(type, n, m), ['x']),
    reduce(from ?? neutral(opcode, type)),
    reduce(instead),
    [combiner('f', type, opcode)],
  );
}

const most = (type: ElementType): number =>
  isFloat(type) ? elementTypes[type].format!.maxFinite : 2 ** (elementTypes[type].bits - 1) - 1;

const some: readonly ElementType[] = ['f32', 'bf16', 'f16', 's32', 's8', 's16'];
const narrow: readonly ElementType[] = ['f32', 'bf16', 'f16'];

/** Over bits, where the identity is all ones or none. */
const bits =
  (
    opcode: string,
    from: (t: ElementType) => string,
    instead: (t: ElementType) => string,
  ): DrawFault =>
  (d) => {
    const type = d.pick<ElementType>(['pred', 'u8', 's32']);
    const values = { type, opcode: opcode as Combiner };
    return reduction(d, { ...values, from: from(type), instead: instead(type) });
  };

const none = (t: ElementType) => (t === 'pred' ? 'false' : '0');
const allOnes = (t: ElementType) => ({ pred: 'true', u8: '255' })[t as 'u8'] ?? '-1';
const one = (t: ElementType) => (t === 'pred' ? 'false' : '1');

/** A maximum over windows padded with zero instead of the identity, or a window moved by one. */
const windows =
  (how: 'padded' | 'moved' | 'narrower'): DrawFault =>
  (d) => {
    const type = d.pick(some);
    const [n, m, k] = [d.int(1, 5), d.int(4, 14), d.int(2, 4)];
    const opcode: Combiner = d.pick(['maximum', 'minimum']);
    const size = (w: number, low: number, high: number) =>
      `window={size=1x${w} pad=0_0x${low}_${high}}, to_apply=f`;
    const from = neutral(opcode, type);
    const windowed = (e: number, window: string) =>
      `e = ${type}[] constant(${literal(e)})
ROOT r = ${array(type, n, m)} reduce-window(x, e), ${window}`;
    const usual = size(k, k - 1, 0);
    const wrong = {
      padded: windowed(0, usual),
      moved: windowed(from, size(k, k - 2, 1)),
      narrower: windowed(from, size(k - 1, k - 2, 0)),
    };
    const head = parameters(array(type, n, m), ['x']);
    return texts(head, windowed(from, usual), wrong[how], [combiner('f', type, opcode)]);
  };

/** The start value taken once for each of two halves. */
const startTwice: DrawFault = (d) => {
  const type = d.pick<ElementType>(['s32', 'u8', 'f64', 'f32']);
  const [n, half] = [d.int(1, 5), d.int(1, 6)];
  const m = 2 * half;
  const head = `${parameters(array(type, n, m), ['x'])}\n${parameters(array(type), ['e'], 1)}`;
  const reduce = (name: string, x: string) =>
    `${name} = ${array(type, n)} reduce(${x}, e), dimensions={1}, to_apply=f`;
  const part = (name: string, from: number) =>
    `${name} = ${array(type, n, half)} slice(x), slice={[0:${n}],[${from}:${from + half}]}`;
  const after = [
    ...[part('a', 0), part('b', half), reduce('ra', 'a'), reduce('rb', 'b')],
    `ROOT r = ${array(type, n)} add(ra, rb)`,
  ];
  return texts(head, reduce('ROOT r', 'x'), after.join('\n'), [combiner('f', type, 'add')]);
};

/** The last, or any other, element of a row lost. */
const lost =
  (opcode: string): DrawFault =>
  (d) => {
    const type = d.pick(some);
    const [n, m] = [d.int(1, 5), d.int(2, 40)];
    const at = d.chance(0.4) ? m - 1 : d.int(0, m - 1);
    const e = literal(neutral(opcode as Combiner, type));
    const head = `${parameters(array(type, n, m), ['x'])}\ne = ${type}[] constant(${e})`;
    const reduce = (x: string) =>
      `ROOT r = ${array(type, n)} reduce(${x}, e), dimensions={1}, to_apply=f`;
    const rest = m - 1 - at;
    const after = `a = ${array(type, n, at)} slice(x), slice={[0:${n}],[0:${at}]}
b = ${array(type, n, rest)} slice(x), slice={[0:${n}],[${at + 1}:${m}]}
y = ${array(type, n, m - 1)} concatenate(a, b), dimensions={1}`;
    return texts(head, reduce('x'), `${after}\n${reduce('y')}`, [combiner('f', type, opcode)]);
  };

export const reduceFaults = [
  ...faultsOf('reductions', exact, {
    'maximum-from-zero': (d) => reduction(d, { type: d.pick(some), opcode: 'maximum', instead: 0 }),
    'minimum-from-zero': (d) =>
      reduction(d, {
        type: d.pick([...some, ...unsigned.filter((t) => t !== 'u64')]),
        opcode: 'minimum',
        instead: 0,
      }),
    'maximum-from-least-finite': (d) => {
      const type = d.pick(floats);
      return reduction(d, { type, opcode: 'maximum', instead: -most(type) });
    },
    'minimum-from-greatest-finite': (d) => {
      const type = d.pick(floats);
      return reduction(d, { type, opcode: 'minimum', instead: most(type) });
    },
    'minimum-from-signed-maximum': (d) => {
      const type = d.pick<ElementType>(['u8', 'u16', 'u32']);
      return reduction(d, { type, opcode: 'minimum', instead: most(type) });
    },
    'maximum-from-one-above-least': (d) => {
      const type = d.pick(signed.filter((t) => t !== 's64'));
      return reduction(d, { type, opcode: 'maximum', instead: -most(type) });
    },
    'product-from-zero': (d) =>
      reduction(d, { type: d.pick(some), opcode: 'multiply', instead: 0 }),
    'product-from-two': (d) => reduction(d, { type: d.pick(some), opcode: 'multiply', instead: 2 }),
    'sum-from-one': (d) => reduction(d, { type: d.pick(some), opcode: 'add', instead: 1 }),
    'sum-from-negative-zero': (d) =>
      reduction(d, { type: d.pick(narrow), opcode: 'add', from: 0, instead: '-0' }),
    'sum-from-positive-zero': (d) =>
      reduction(d, { type: d.pick(narrow), opcode: 'add', from: '-0', instead: 0 }),
    'and-from-none': bits('and', allOnes, none),
    'or-from-ones': bits('or', none, allOnes),
    'and-from-one': bits('and', allOnes, one),
    'xor-from-ones': bits('xor', none, allOnes),
    'window-padded-with-zero': windows('padded'),
    'window-moved': windows('moved'),
    'window-narrower': windows('narrower'),
    'maximum-loses-element': lost('maximum'),
    'minimum-loses-element': lost('minimum'),
    'product-loses-element': lost('multiply'),
  }),
  ...faultsOf('reductions', reassociates, { 'start-value-twice': startTwice }),
];
