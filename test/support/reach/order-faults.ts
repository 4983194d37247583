/** Ties broken otherwise, and NaN or zeros ranked otherwise: argmax, sort and top-k. */
import { exact } from '../../../graphs/ir/contract.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { array, type DrawFault, faultsOf, floats, parameters, signed, texts } from './fault.ts';

const ranked: readonly ElementType[] = [...floats, ...signed];

/** What an argmax or argmin keeps: the direction in which a later value must differ, and of equals which. */
interface Kept {
  readonly better: string;
  readonly tie: string;
  readonly nan: boolean;
}

function selector(type: ElementType, { better, tie, nan }: Kept): string {
  const nanLines = nan
    ? 'n = pred[] compare(a, a), direction=NE\nw = pred[] or(g, n)'
    : 'w = pred[] copy(g)';
  return `choose {
${parameters(`${type}[]`, ['a'])}\n${parameters('s32[]', ['i'], 1)}
${parameters(`${type}[]`, ['b'], 2)}\n${parameters('s32[]', ['j'], 3)}
g = pred[] compare(a, b), direction=${better}
${nanLines}
e = pred[] compare(a, b), direction=EQ
l = pred[] compare(i, j), direction=${tie}
t = pred[] and(e, l)
p = pred[] or(w, t)
v = ${type}[] select(p, a, b)
k = s32[] select(p, i, j)
ROOT r = (${type}[], s32[]) tuple(v, k)
}`;
}

const argmax =
  (was: Partial<Kept>, is: Partial<Kept>, types = ranked): DrawFault =>
  (d) => {
    const type = d.pick(types);
    const [n, m] = [d.int(1, 6), d.int(2, 16)];
    const kept = { better: d.pick(['GT', 'LT']), tie: 'LT', nan: true };
    const start = kept.better === 'GT' ? 'lowest' : 'highest';
    const from = { s8: [-128, 127], s16: [-32768, 32767], s32: [-(2 ** 31), 2 ** 31 - 1] };
    const whole = from[type as 's8'] ?? ['-9223372036854775808', '9223372036854775807'];
    const pick = start === 'lowest' ? 0 : 1;
    const value = type.startsWith('s') ? whole[pick] : ['-inf', 'inf'][pick];
    const head = parameters(array(type, n, m), ['x']);
    const out = `(${array(type, n)}, ${array('s32', n)})`;
    const body = `i = ${array('s32', n, m)} iota(), iota_dimension=1
e = ${type}[] constant(${value})
z = s32[] constant(0)
t = ${out} reduce(x, i, e, z), dimensions={1}, to_apply=choose
ROOT r = ${array('s32', n)} get-tuple-element(t), index=1`;
    const [before] = [texts(head, body, body, [selector(type, { ...kept, ...was })])];
    const after = texts(head, body, body, [selector(type, { ...kept, ...is })]);
    return { before: before!.before, after: after.after };
  };

const comparator = (type: ElementType, compare: string, values: number) => {
  const pairs = Array.from({ length: values }, (_, k) =>
    parameters(k ? 's32[]' : `${type}[]`, [`a${k}`, `b${k}`], 2 * k),
  );
  return `first {\n${pairs.join('\n')}\nROOT r = pred[] ${compare}\n}`;
};

/** A sort of keys, with positions beside them where `values` is 2. */
const sorted =
  (
    values: number,
    types: readonly ElementType[],
    was: string,
    is: string,
    stable = [true, true],
  ): DrawFault =>
  (d) => {
    const type = d.pick(types);
    const [n, m] = [d.int(1, 5), d.int(2, 24)];
    const keys = array(type, n, m);
    const shape = values > 1 ? `(${keys}, ${array('s32', n, m)})` : keys;
    const positions = `i = ${array('s32', n, m)} iota(), iota_dimension=1\n`;
    const sort = (isStable: boolean) =>
      `${values > 1 ? positions : ''}ROOT r = ${shape} sort(x${values > 1 ? ', i' : ''}), dimensions={1}${isStable ? ', is_stable=true' : ''}, to_apply=first`;
    const head = parameters(keys, ['x']);
    const side = (compare: string, isStable: boolean) =>
      texts(head, sort(isStable), sort(isStable), [comparator(type, compare, values)]).before;
    return { before: side(was, stable[0]!), after: side(is, stable[1]!) };
  };

const less = 'compare(a0, b0), direction=LT';
const greater = 'compare(a0, b0), direction=GT';
const total = ', type=TOTALORDER';

/** A stable descending sort as an ascending one read backwards: equal keys are reversed. */
const sortBackwards: DrawFault = (d) => {
  const type = d.pick(ranked);
  const [n, m] = [d.int(1, 5), d.int(2, 24)];
  const [keys, places] = [array(type, n, m), array('s32', n, m)];
  const sort = `t = (${keys}, ${places}) sort(x, i), dimensions={1}, is_stable=true, to_apply=first`;
  const head = `${parameters(keys, ['x'])}\ni = ${places} iota(), iota_dimension=1\n${sort}`;
  const end = (root: string, k: string) => `${root} = ${places} get-tuple-element(${k}), index=1`;
  const before = texts(head, end('ROOT r', 't'), '', [comparator(type, greater, 2)]).before;
  const reversed = `${end('k', 't')}\nROOT r = ${places} reverse(k), dimensions={1}`;
  return { before, after: texts(head, '', reversed, [comparator(type, less, 2)]).after };
};

/** Positions of the best, the ties from the end. */
const topK =
  (other: 'reversed' | 'smallest' | 'unsorted-ends'): DrawFault =>
  (d) => {
    const type = d.pick<ElementType>(['f32', 'bf16', 's32']);
    const [n, m] = [d.int(1, 5), d.int(3, 16)];
    const k = d.int(1, m - 1);
    const [keys, out] = [array(type, n, m), array('s32', n, k)];
    const top = (x: string, largest = true) =>
      `t = (${array(type, n, k)}, ${out}) topk(${x}), k=${k}, largest=${largest}`;
    const get = (root: string) => `${root} = ${out} get-tuple-element(t), index=1`;
    const head = parameters(keys, ['x']);
    const flipped = `last.scalar = s32[] constant(${m - 1})
last = ${out} broadcast(last.scalar), dimensions={}
y = ${keys} reverse(x), dimensions={1}
${top('y')}\n${get('j')}\nROOT r = ${out} subtract(last, j)`;
    const wrong = {
      reversed: flipped,
      smallest: `${top('x', false)}\n${get('ROOT r')}`,
      'unsorted-ends': `${top('x')}\n${get('j')}\nROOT r = ${out} reverse(j), dimensions={1}`,
    };
    return texts(head, `${top('x')}\n${get('ROOT r')}`, wrong[other]);
  };

export const orderFaults = faultsOf('ties and orders', exact, {
  'argmax-last-of-equals': argmax({}, { tie: 'GT' }),
  'argmax-first-of-equals': argmax({ tie: 'GT' }, { tie: 'LT' }),
  'argmax-skips-nan': argmax({}, { nan: false }, floats),
  'sort-of-equals-reversed': sortBackwards,
  'sort-stable-in-reverse': sorted(2, ranked, less, 'compare(a0, b0), direction=LE'),
  'sort-descending': sorted(2, ranked, less, greater),
  'sort-total-as-plain': sorted(1, floats, less + total, less),
  'sort-plain-as-total': sorted(1, floats, less, less + total),
  'sort-by-position': sorted(2, ranked, less, 'compare(a1, b1), direction=LT'),
  'top-k-last-of-equals': topK('reversed'),
  'top-k-smallest': topK('smallest'),
  'top-k-ascending': topK('unsorted-ends'),
});
