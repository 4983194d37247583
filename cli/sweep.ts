/**
 * `--sweep batch=1,2,7`: which sizes a graph has by name, and the graph at each of them. Zoo models
 * are built at the sizes, ONNX models bring names of their own, and what else leaves sizes open gets
 * the names that `--refine image=batchx224x224x3` gives them.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { fail } from '../graphs/ir/diagnostic.ts';
import { combinations, type Sizes, type Sweep } from '../validator/validation/sweep.ts';
import type { LoadedModule } from './load-module.ts';
import type { Refine } from './module-formats.ts';
import { names, wholeNumber } from './options.ts';

/** Sizes of inputs, some of them by the name of a swept size. */
export type NamedRefine = Readonly<Record<string, readonly (number | string)[]>>;

/** `--sweep` and, beside it, the sizes that stay the same throughout. */
export interface SweepOptions {
  readonly sweep: Sweep;
  readonly refine: NamedRefine;
}

/** A graph at some sizes. */
export interface SweptModule extends LoadedModule {
  readonly sizes: Sizes;
}

/** What a graph is called, the names of its sizes, and how it is made at some. */
export interface SweepableGraph {
  readonly graph: string;
  readonly sizeNames: readonly string[];
  load(sizes: Sizes): Promise<LoadedModule>;
}

/** Adds the sweep, and sizes of inputs that may name what is swept. */
export function withSweep(command: Command): Command {
  return command
    .option(
      '--sweep <name=sizes>',
      'run at each of these sizes, e.g. batch=1,2,7,64: sizes of zoo models, symbolic sizes of ONNX, ' +
        'names given in --refine; may be repeated',
      parseSweep,
      {},
    )
    .option(
      '--refine <name=sizes>',
      'sizes of an input that a model leaves open, e.g. image=1x224x224x3, or image=batchx224x224x3 ' +
        'with a size to sweep; may be repeated',
      parseNamedRefine,
      {},
    );
}

function parseSweep(text: string, before: Sweep): Sweep {
  const [, name, sizes] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || sizes === undefined) {
    throw new InvalidArgumentError('Expected a name and sizes, e.g. batch=1,2,7,64.');
  }
  return { ...before, [name.trim()]: names(sizes).map(wholeNumber(1)) };
}

function parseNamedRefine(text: string, before: NamedRefine): NamedRefine {
  const [, name, sizes] = /^(.+)=(\w+)$/.exec(text) ?? [];
  const parts = sizes === 'scalar' ? [] : (sizes?.split('x') ?? ['']);
  if (name === undefined || parts.includes('')) {
    throw new InvalidArgumentError('Expected a name and sizes, e.g. image=1x224x224x3.');
  }
  const dims = parts.map((p) => (/^\d/.test(p) ? wholeNumber(0)(p) : p));
  return { ...before, [name]: dims };
}

/** The names that the sizes of inputs are given by. */
export function namesIn(refine: NamedRefine): readonly string[] {
  const all = Object.values(refine).flat();
  return [...new Set(all.filter((d) => typeof d === 'string'))];
}

/** The sizes of inputs with every name replaced; an AssayError where a name is not swept. */
export function refinedAt(refine: NamedRefine, sizes: Sizes): Refine {
  const sized = Object.entries(refine).map(([input, dims]) => {
    const numbers = dims.map((d) => {
      if (typeof d === 'number') return d;
      if (Object.hasOwn(sizes, d)) return sizes[d]!;
      return fail('validate/refine', `size ${d} of ${input} is no number; --sweep ${d}=… gives it`);
    });
    return [input, numbers] as const;
  });
  return Object.fromEntries(sized);
}

/**
 * Every graph at every size that it has a name for. A graph that has none of the names runs once, and
 * says so; a name that no graph has is an AssayError with the names that there are.
 */
export async function loadSwept(
  graphs: readonly SweepableGraph[],
  sweep: Sweep,
): Promise<readonly SweptModule[]> {
  for (const name of Object.keys(sweep)) {
    if (graphs.some((g) => g.sizeNames.includes(name))) continue;
    const known = graphs.map((g) => `${g.graph} has ${g.sizeNames.join(', ') || 'none'}`);
    fail('validate/sweep', `no graph has a size called ${name}; ${known.join('; ')}`);
  }
  const loaded: SweptModule[] = [];
  for (const { sizeNames, load } of graphs) {
    const own = Object.entries(sweep).filter(([name]) => sizeNames.includes(name));
    const missing = Object.keys(sweep).filter((name) => !sizeNames.includes(name));
    for (const sizes of combinations(Object.fromEntries(own))) {
      const module = await load(sizes);
      const notes = missing.map((name) => `there is no size called ${name}: not swept`);
      loaded.push({ ...module, sizes, notes: [...(module.notes ?? []), ...notes] });
    }
  }
  return loaded;
}
