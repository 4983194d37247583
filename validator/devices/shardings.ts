/**
 * Which piece of an array each device has, from the three notations of a sharding: XLA's tiles
 * (`{devices=[2,2]<=[4] last_tile_dim_replicate}`), XLA's mesh axes (`{mesh['x'=4], [{'x'}, {}]}`), and
 * Shardy's (`<@mesh, [{"x"}, {}]>`, its meshes in the module's frontend attributes).
 */
import type { Instruction, Module } from '../../graphs/ir/module.ts';
import { parseDeviceGroups } from '../../graphs/ops/device-groups.ts';
import { maxDevices } from './grid.ts';

/** How an array is cut among the devices, at flattened ids. */
export interface Pieces {
  /** In how many pieces each dimension is cut. */
  readonly counts: readonly number[];
  /** Which of them a device has, dimension by dimension. */
  of(device: number): readonly number[];
}

/** The pieces of an array of a rank under XLA's sharding; undefined for what is none of the notations. */
export function shardedPieces(sharding: string | undefined, rank: number): Pieces | undefined {
  const text = sharding?.replaceAll(/\s+/g, ' ').replace(/^\{(.*)\}$/, '$1') ?? '';
  if (/^(replicated|manual)\b/.test(text)) return whole(rank);
  if (text.startsWith('devices=')) return ofTiles(text, rank);
  const [, mesh, dims] = /^(mesh\[[^\]]*\](?:, device_ids=\([^)]*\))?), \[(.*)\]/.exec(text) ?? [];
  return dims === undefined ? undefined : ofAxes(mesh!, axesOf(dims), rank);
}

/** Shardy's pieces of each value that an instruction takes or gives, by the attribute that tells them. */
export function shardyPieces(
  i: Instruction,
  attribute: 'in_shardings' | 'out_shardings',
  ranks: readonly number[],
  module: Module,
): readonly (Pieces | undefined)[] {
  const said = new RegExp(`xla\\.sdy\\.${attribute}="((?:[^"\\\\]|\\\\.)*)"`);
  const [, escaped = ''] = said.exec(i.extras.frontend_attributes ?? '') ?? [];
  const values = escaped.replaceAll('\\"', "'");
  const each = /<(?:@(\w+)|mesh<([^>]*)>), \[((?:[^[\]{}]|\{[^{}]*\})*)\][^<>]*>/g;
  const meshes = meshesOf(module);
  const found = [...values.matchAll(each)].map(([, name, inline, dims]) => ({
    mesh: name === undefined ? meshText(inline!) : meshes.get(name),
    axes: axesOf(dims!),
  }));
  return ranks.map((rank, k) => {
    const { mesh, axes } = found[k] ?? {};
    return mesh && axes ? ofAxes(mesh, axes, rank) : undefined;
  });
}

function meshesOf({ attributes }: Module): ReadonlyMap<string, string> {
  const said = (attributes.frontend_attributes ?? '').replaceAll(/\\?"/g, "'");
  const each = /(\w+) = #sdy\.mesh<([^>]*)>/g;
  return new Map([...said.matchAll(each)].map(([, name, mesh]) => [name!, meshText(mesh!)]));
}

/** `["x"=4], device_ids=[1,0]` as XLA writes a mesh. */
function meshText(mesh: string): string {
  const [, axes = '', ids] = /^\[([^\]]*)\](?:, device_ids=(\[[^\]]*\]))?/.exec(mesh) ?? [];
  return `mesh[${axes}]${ids === undefined ? '' : `, device_ids=(${ids})`}`;
}

/** `{'x', 'y':(1)2}, {}` as one list of axes a dimension; what Shardy leaves open (`?`) is dropped. */
function axesOf(dims: string): readonly string[] {
  return [...dims.matchAll(/\{([^{}]*)\}/g)].map(([, axes]) =>
    axes!
      .split(',')
      .map((a) => a.trim())
      .filter((a) => a !== '' && a !== '?')
      .join(),
  );
}

function whole(rank: number): Pieces {
  const each = (n: number) => new Array<number>(rank).fill(n);
  return { counts: each(1), of: () => each(0) };
}

/** Devices in a row along a dimension's axes have its pieces in order. */
function ofAxes(mesh: string, axes: readonly string[], rank: number): Pieces | undefined {
  if (axes.length !== rank) return undefined;
  const rows = axes.map((named) => parseDeviceGroups(`${mesh} {${named}}`));
  const lists = rows.map((r) => r?.list(maxDevices));
  if (!lists.every((l) => l !== undefined)) return undefined;
  return {
    counts: rows.map((r) => r!.size),
    of: (device) => lists.map((groups) => Math.max(0, ...groups.map((g) => g.indexOf(device)))),
  };
}

/** Tiles in row-major order; dimensions behind those of the array only repeat them. */
function ofTiles(text: string, rank: number): Pieces | undefined {
  const [, sizes, rest] = /^devices=\[([\d,]+)\]([^ ]*)/.exec(text) ?? [];
  if (sizes === undefined) return undefined;
  const tiles = sizes.split(',').map(Number);
  const count = tiles.reduce((a, b) => a * b, 1);
  const groups = rest!.startsWith('<=')
    ? parseDeviceGroups(`[1,${count}]${rest}`)
    : parseDeviceGroups(`{{${rest}}}`);
  const devices = groups?.list(maxDevices)?.[0];
  if (devices?.length !== count || tiles.length < rank) return undefined;
  const strides = tiles.map((_, d) => tiles.slice(d + 1).reduce((a, b) => a * b, 1));
  return {
    counts: tiles.slice(0, rank),
    of: (device) => {
      const at = devices.indexOf(device);
      return tiles.slice(0, rank).map((n, d) => Math.floor(at / strides[d]!) % n);
    },
  };
}
