/**
 * The parameters of all devices: one for each piece of an array, which the devices share that have that
 * piece by the parameter's sharding (all of them where it is replicated), or one a device where nothing
 * is said.
 */
import { entryOf, type Module, parametersOf } from '../../graphs/ir/module.ts';
import { deviceCount, type Grid } from './grid.ts';
import { shardedPieces } from './shardings.ts';

/** Which parameters the module of all devices has, and who reads which. */
export interface ParameterPlan {
  /** By device, then by parameter of the module: the parameter of all devices. */
  readonly of: readonly (readonly number[])[];
  /** By parameter of all devices: which one of the module it is. */
  readonly source: readonly number[];
}

/** The parameters of all devices of a grid. */
export function planParameters(module: Module, grid: Grid): ParameterPlan {
  const devices = Array.from({ length: deviceCount(grid) }, (_, d) => d);
  const parameters = parametersOf(entryOf(module));
  const known = new Map<string, number>();
  const source: number[] = [];
  const of = devices.map((d) =>
    parameters.map(({ shape, extras }, k) => {
      const rank = shape.kind === 'array' ? shape.dims.length : -1;
      const pieces = rank < 0 ? undefined : shardedPieces(extras.sharding, rank);
      const key = `${k}:${pieces ? pieces.of(d % grid.partitions) : `device ${d}`}`;
      const found = known.get(key) ?? source.push(k) - 1;
      known.set(key, found);
      return found;
    }),
  );
  return { of, source };
}
