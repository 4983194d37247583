/**
 * Groups of devices as HLO writes them, in the three notations of XLA (xla/hlo/ir/replica_group.cc):
 * lists, `{{0,1},{2,3}}`; iota, `[2,4]<=[4,2]T(1,0)`, the numbers from 0 on laid out in 4 × 2,
 * transposed, and cut in 2 groups of 4; and mesh axes, `mesh['x'=2,'y'=4] {'y'}`, where a group runs
 * along the axes named. An axis may be split: `'y':(1)2` is its outer 2 of 4.
 */

/** Groups as they are written; they are listed only where somebody asks. */
export interface DeviceGroups {
  /** Devices of the first group. */
  readonly size: number;
  /** The groups, in order; undefined where the text names more devices than `most`. */
  list(most: number): readonly (readonly number[])[] | undefined;
}

/** The groups of a text; undefined for one in none of the notations. No group: `{}` and nothing. */
export function parseDeviceGroups(raw: string): DeviceGroups | undefined {
  const text = raw.replaceAll(/\s/g, '');
  if (text === '' || text === '{}') return { size: 0, list: () => [] };
  if (text.startsWith('{')) return listed(text);
  return text.startsWith('mesh[') ? ofMesh(text) : ofIota(text);
}

function listed(text: string): DeviceGroups | undefined {
  if (!/^\{\{[\d,]*\}(,\{[\d,]*\})*\}$/.test(text)) return undefined;
  const groups = [...text.slice(1).matchAll(/\{([\d,]*)\}/g)].map(([, inner]) => numbers(inner!));
  return { size: groups[0]!.length, list: () => groups };
}

function ofIota(text: string): DeviceGroups | undefined {
  const [, groups, size, dims, order] =
    /^\[(\d+),(\d+)\]<=\[([\d,]+)\](?:T\(([\d,]+)\))?$/.exec(text) ?? [];
  if (dims === undefined) return undefined;
  const sizes = numbers(dims);
  const permutation = order === undefined ? sizes.map((_, d) => d) : numbers(order);
  const n = Number(size);
  if (!isPermutation(permutation, sizes.length) || product(sizes) !== Number(groups) * n) {
    return undefined;
  }
  return {
    size: n,
    list: (most) =>
      product(sizes) > most ? undefined : inGroups(transposed(sizes, permutation), n),
  };
}

/** One dimension of a mesh, or of a part of one: how many, and which place in a group it takes. */
interface Axis {
  readonly size: number;
  /** Its place among the axes that a group runs along; -1 where groups differ in it. */
  readonly along: number;
}

function ofMesh(text: string): DeviceGroups | undefined {
  const [, mesh, ids, named] =
    /^mesh\[([^\]]*)\](?:,device_ids=\((.*)\))?\{([^{}]*)\}$/.exec(text) ?? [];
  const axes = mesh === undefined ? undefined : axesOf(mesh, named!);
  if (!axes) return undefined;
  const count = product(axes.map((a) => a.size));
  const size = product(axes.filter((a) => a.along >= 0).map((a) => a.size));
  const order = axes.map((_, d) => d).sort((a, b) => axes[a]!.along - axes[b]!.along || a - b);
  const list = (most: number) => {
    const devices = count > most ? undefined : devicesOf(ids, count);
    const places =
      devices &&
      transposed(
        axes.map((a) => a.size),
        order,
      );
    return (
      places &&
      inGroups(
        places.map((place) => devices![place]!),
        size,
      )
    );
  };
  return { size, list };
}

/** The devices of a mesh in order: a list, or numbers laid out and transposed. */
function devicesOf(ids: string | undefined, count: number): readonly number[] | undefined {
  if (ids === undefined) return Array.from({ length: count }, (_, k) => k);
  const [, dims, order] = /^(?:\[[\d,]+\]<=)?\[([\d,]+)\](?:T\(([\d,]+)\))?$/.exec(ids) ?? [];
  if (dims !== undefined && product(numbers(dims)) === count) {
    const sizes = numbers(dims);
    const permutation = order === undefined ? sizes.map((_, d) => d) : numbers(order);
    return isPermutation(permutation, sizes.length) ? transposed(sizes, permutation) : undefined;
  }
  const devices = (ids.match(/\d+/g) ?? []).map(Number);
  return isPermutation(devices, count) ? devices : undefined;
}

/** The axes of a mesh with those that are split taken apart; undefined for what names none. */
function axesOf(mesh: string, named: string): readonly Axis[] | undefined {
  const sizes = [...mesh.matchAll(/(?:^|,)'?([^',=]+)'?=(\d+)/g)].map(
    ([, name, size]) => [name!, Number(size)] as const,
  );
  const refs = named === '' ? [] : named.split(',').map(refOf);
  const sound = refs.every((r) => r && sizes.some(([name]) => name === r.name));
  if (sizes.length === 0 || sizes.length !== mesh.split(',').length || !sound) return undefined;
  const parts = sizes.map(([name, size]) =>
    partsOf(
      size,
      refs.flatMap((r, along) => (r!.name === name ? [{ ...r!, along }] : [])),
    ),
  );
  return parts.every((p) => p !== undefined) ? parts.flat() : undefined;
}

interface AxisRef {
  readonly name: string;
  /** How many parts of the axis lie outside of this one, and how many this one has. */
  readonly part?: { readonly before: number; readonly size: number };
}

function refOf(text: string): AxisRef | undefined {
  const [, name, before, size] = /^'?([^':]+)'?(?::\((\d+)\)(\d+))?$/.exec(text) ?? [];
  if (name === undefined) return undefined;
  return size === undefined
    ? { name }
    : { name, part: { before: Number(before), size: Number(size) } };
}

/** An axis as the parts that are named and those between them, outermost first. */
function partsOf(
  size: number,
  refs: readonly (AxisRef & { readonly along: number })[],
): readonly Axis[] | undefined {
  if (refs.length === 0) return [{ size, along: -1 }];
  const [whole] = refs;
  if (refs.length === 1 && !whole!.part) return [{ size, along: whole!.along }];
  const axes: Axis[] = [];
  let seen = 1;
  for (const { part, along } of [...refs].sort(
    (a, b) => (a.part?.before ?? 0) - (b.part?.before ?? 0),
  )) {
    if (!part || part.before % seen !== 0) return undefined;
    axes.push({ size: part.before / seen, along: -1 }, { size: part.size, along });
    seen = part.before * part.size;
  }
  return size % seen === 0 ? [...axes, { size: size / seen, along: -1 }] : undefined;
}

/** Row-major numbers of `dims` read in the order of permuted dimensions. */
function transposed(dims: readonly number[], order: readonly number[]): readonly number[] {
  const strides = dims.map((_, k) => product(dims.slice(k + 1)));
  return order.reduce(
    (all: readonly number[], d) =>
      all.flatMap((start) => Array.from({ length: dims[d]! }, (_, k) => start + k * strides[d]!)),
    [0],
  );
}

function inGroups(ids: readonly number[], size: number): readonly (readonly number[])[] {
  const groups = size === 0 ? 0 : ids.length / size;
  return Array.from({ length: groups }, (_, g) => ids.slice(g * size, (g + 1) * size));
}

function isPermutation(order: readonly number[], n: number): boolean {
  return order.length === n && [...order].sort((a, b) => a - b).every((d, k) => d === k);
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((n, d) => n * d, 1);
}

function numbers(list: string): readonly number[] {
  return list === '' ? [] : list.split(',').map(Number);
}
