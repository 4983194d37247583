/** Positions handled wrongly: not clamped, clamped elsewhere, wrapped, dropped, kept, cut to a narrower type. */
import { exact } from '../../../graphs/ir/contract.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Draws } from '../pairs/draws.ts';
import { array, combiner, type DrawFault, faultsOf, filled, parameters, texts } from './fault.ts';

/** What reads or writes rows at positions `i`, all of them in [0, room] where they are inside. */
interface Indexed {
  readonly head: string;
  readonly type: ElementType;
  /** Shape of the positions. */
  readonly positions: string;
  readonly room: number;
  readonly size: number;
  readonly computations?: readonly string[];
  /** The lines that use positions of a name. */
  use(i: string, root?: string): string;
}

type DrawIndexed = (d: Draws) => Indexed;
type WrongPositions = (c: Indexed) => string;

function sizes(d: Draws) {
  const size = d.int(3, 40);
  const window = d.int(1, Math.min(size - 2, d.chance(0.5) ? 1 : 8));
  const type = d.pick<ElementType>(['f32', 'bf16', 's32', 'f64', 'u8', 'pred']);
  const index = d.pick<ElementType>(['s32', 's32', 's64', 's16']);
  return { size, window, width: d.int(1, 4), type, index, room: size - window };
}

const dynamicSlice: DrawIndexed = (d) => {
  const { size, window, width, type, index, room } = sizes(d);
  const x = parameters(array(type, size, width), ['x']);
  const positions = array(index);
  const zero = `zero = ${positions} constant(0)`;
  return {
    ...{ type: index, positions, room, size },
    head: `${x}\n${parameters(positions, ['i'], 1)}\n${zero}`,
    use: (i, root = 'ROOT r') =>
      `${root} = ${array(type, window, width)} dynamic-slice(x, ${i}, zero), dynamic_slice_sizes={${window},${width}}`,
  };
};

const dynamicUpdate: DrawIndexed = (d) => {
  const { size, window, width, type, index, room } = sizes(d);
  const positions = array(index);
  const update = parameters(array(type, window, width), ['u'], 1);
  const zero = `zero = ${positions} constant(0)`;
  const head = [parameters(array(type, size, width), ['x']), update];
  return {
    ...{ type: index, positions, room, size },
    head: [...head, parameters(positions, ['i'], 2), zero].join('\n'),
    use: (i, root = 'ROOT r') =>
      `${root} = ${array(type, size, width)} dynamic-update-slice(x, u, ${i}, zero)`,
  };
};

const gather: DrawIndexed = (d) => {
  const { size, window, width, type, index, room } = sizes(d);
  const count = d.int(1, 12);
  const positions = array(index, count, 1);
  const row = window === 1;
  const shape = row ? array(type, count, width) : array(type, count, window, width);
  const dims = row ? 'offset_dims={1}, collapsed_slice_dims={0}' : 'offset_dims={1,2}';
  const where = 'start_index_map={0}, index_vector_dim=1';
  const attrs = `${dims}${row ? '' : ', collapsed_slice_dims={}'}, ${where}`;
  return {
    ...{ type: index, positions, room, size },
    head: `${parameters(array(type, size, width), ['x'])}\n${parameters(positions, ['i'], 1)}`,
    use: (i, root = 'ROOT r') =>
      `${root} = ${shape} gather(x, ${i}), ${attrs}, slice_sizes={${window},${width}}`,
  };
};

const scatter: DrawIndexed = (d) => {
  const { size, window, width, type, index, room } = sizes(d);
  const count = d.int(1, 12);
  const positions = array(index, count, 1);
  const row = window === 1;
  const updates = row ? array(type, count, width) : array(type, count, window, width);
  const dims = row
    ? 'update_window_dims={1}, inserted_window_dims={0}'
    : 'update_window_dims={1,2}, inserted_window_dims={}';
  const attrs = `${dims}, scatter_dims_to_operand_dims={0}, index_vector_dim=1, to_apply=combine`;
  const shape = array(type, size, width);
  const ops = type === 'pred' ? ['or', 'and'] : ['add', 'maximum', 'minimum'];
  return {
    ...{
      type: index,
      positions,
      room,
      size,
      computations: [combiner('combine', type, d.pick(ops))],
    },
    head: [
      parameters(shape, ['x']),
      parameters(positions, ['i'], 1),
      parameters(updates, ['u'], 2),
    ].join('\n'),
    use: (i, root = 'ROOT r') => `${root} = ${shape} scatter(x, ${i}, u), ${attrs}`,
  };
};

/** `j` as a function of `i`, in a few lines. */
const wrongPositions: Readonly<Record<string, WrongPositions>> = {
  'off-by-one': ({ positions: p }) => `${filled('one', p, 1)}\nj = ${p} add(i, one)`,
  'one-before': ({ positions: p }) => `${filled('one', p, 1)}\nj = ${p} subtract(i, one)`,
  'modulo-size': ({ positions: p, size }) => `${filled('n', p, size)}\nj = ${p} remainder(i, n)`,
  'from-the-end': ({ positions: p, size }) =>
    [
      ...[filled('nought', p, 0), filled('n', p, size)],
      `c = ${p.replace(/^\w+/, 'pred')} compare(i, nought), direction=LT`,
      `k = ${p} add(i, n)`,
      `j = ${p} select(c, k, i)`,
    ].join('\n'),
  'clamped-one-short': ({ positions: p, room }) =>
    `${filled('lo', p, 0)}\n${filled('hi', p, room - 1)}\nj = ${p} clamp(lo, i, hi)`,
  'clamped-from-one': ({ positions: p, room }) =>
    `${filled('lo', p, 1)}\n${filled('hi', p, room)}\nj = ${p} clamp(lo, i, hi)`,
  'read-as-unsigned': ({ positions: p, type, room }) =>
    [
      `w = ${p.replace(/^s/, 'u')} bitcast-convert(i)`,
      filled('most', p.replace(/^s/, 'u'), room),
      `v = ${p.replace(/^s/, 'u')} minimum(w, most)`,
      `j = ${p.replace(type, type)} convert(v)`,
    ].join('\n'),
  'always-zero': ({ positions: p }) => filled('j', p, 0),
  'cut-to-s8': ({ positions: p }) =>
    `n = ${p.replace(/^\w+/, 's8')} convert(i)\nj = ${p} convert(n)`,
  absolute: ({ positions: p }) => `j = ${p} abs(i)`,
};

const indexed: Readonly<Record<string, DrawIndexed>> = {
  'dynamic-slice': dynamicSlice,
  'dynamic-update-slice': dynamicUpdate,
  ...{ gather, scatter },
};

const rewritten =
  (draw: DrawIndexed, wrong: WrongPositions): DrawFault =>
  (d) => {
    const c = draw(d);
    return texts(c.head, c.use('i'), `${wrong(c)}\n${c.use('j')}`, c.computations);
  };

/** Zeros, or the operand as it was, where a position is outside: neither slices nor updates do so. */
const droppedUpdate: DrawFault = (d) => {
  const c = dynamicUpdate(d);
  const scalar = 'pred[]';
  const [shape] = /\w+\[[\d,]*\]/.exec(c.use('i')) ?? [];
  const after = [
    `hi = ${c.positions} constant(${c.room})`,
    `below = ${scalar} compare(i, zero), direction=GE`,
    `above = ${scalar} compare(i, hi), direction=LE`,
    `inside = ${scalar} and(below, above)`,
    c.use('i', 'd'),
    `ROOT r = ${shape} select(inside, d, x)`,
  ].join('\n');
  return texts(c.head, c.use('i'), after);
};

/** A scatter that clamps as a gather does, instead of dropping. */
const clampedScatter: DrawFault = rewritten(
  scatter,
  ({ positions: p, room }) =>
    `${filled('lo', p, 0)}\n${filled('hi', p, room)}\nj = ${p} clamp(lo, i, hi)`,
);

/** A slice of a slice as one slice at the sum of the starts, which clamps once instead of twice. */
const mergedSlices: DrawFault = (d) => {
  const [n, middle] = [d.int(8, 30), d.int(4, 7)];
  const inner = d.int(1, middle - 1);
  const type = d.pick<ElementType>(['f32', 's32', 'bf16']);
  const head = `${parameters(array(type, n), ['x'])}\n${parameters('s32[]', ['i', 'j'], 1)}`;
  const slice = (size: number) => `dynamic_slice_sizes={${size}}`;
  const before = `y = ${array(type, middle)} dynamic-slice(x, i), ${slice(middle)}
ROOT r = ${array(type, inner)} dynamic-slice(y, j), ${slice(inner)}`;
  const after = `k = s32[] add(i, j)
ROOT r = ${array(type, inner)} dynamic-slice(x, k), ${slice(inner)}`;
  return texts(head, before, after);
};

/** Two updates that may overlap, in the other order. */
const swappedUpdates: DrawFault = (d) => {
  const [n, k] = [d.int(4, 16), d.int(1, 3)];
  const type = d.pick<ElementType>(['f32', 's32', 'bf16']);
  const [x, u] = [array(type, n), array(type, k)];
  const head = [parameters(x, ['x']), parameters(u, ['u', 'v'], 1)];
  const both = (first: string, second: string) =>
    `y = ${x} dynamic-update-slice(x, ${first})\nROOT r = ${x} dynamic-update-slice(y, ${second})`;
  return texts(
    [...head, parameters('s32[]', ['i', 'j'], 3)].join('\n'),
    both('u, i', 'v, j'),
    both('v, j', 'u, i'),
  );
};

/** Both coordinates of a position exchanged. */
const swappedCoordinates: DrawFault = (d) => {
  const n = d.int(3, 9);
  const m = d.chance(0.5) ? n : d.int(3, 9);
  const count = d.int(1, 6);
  const type = d.pick<ElementType>(['f32', 's32', 'bf16']);
  const head = `${parameters(array(type, n, m), ['x'])}\n${parameters(array('s32', count, 2), ['i'], 1)}`;
  const get = (map: string) =>
    `ROOT r = ${array(type, count)} gather(x, i), offset_dims={}, collapsed_slice_dims={0,1}, start_index_map={${map}}, index_vector_dim=1, slice_sizes={1,1}`;
  return texts(head, get('0,1'), get('1,0'));
};

/** The last of several updates of a place, instead of all of them. */
const overwritingScatter: DrawFault = (d) => {
  const c = scatter(d);
  const [combine] = c.computations!;
  const last = combine!
    .replace('combine {', 'last {')
    .replace(/ROOT r = (\S+) .*/, 'ROOT r = $1 copy(b)');
  return texts(c.head, c.use('i'), c.use('i').replace('to_apply=combine', 'to_apply=last'), [
    combine!,
    last,
  ]);
};

export const indexFaults = faultsOf('positions', exact, {
  ...Object.fromEntries(
    Object.entries(indexed).flatMap(([op, draw]) =>
      Object.entries(wrongPositions).map(([name, wrong]) => [
        `${op}-${name}`,
        rewritten(draw, wrong),
      ]),
    ),
  ),
  'dynamic-update-slice-dropped': droppedUpdate,
  'scatter-clamped': clampedScatter,
  'scatter-overwrites': overwritingScatter,
  'dynamic-slices-merged': mergedSlices,
  'dynamic-updates-swapped': swappedUpdates,
  'gather-coordinates-swapped': swappedCoordinates,
});
