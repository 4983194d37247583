/**
 * Which integers a parameter may sensibly hold: its uses are followed forward to gather and scatter
 * indices, slice starts, shift amounts, comparisons with an iota, branch numbers and loop bounds.
 * Without this, random indices would all be clamped to the same edge. What lies outside a range is
 * told apart: most uses clamp, drop or wrap it, which inputs of kind `out-of-range` are for.
 */

import { elementTypes } from '../../graphs/ir/element-type.ts';
import {
  type Computation,
  computationOf,
  entryOf,
  type Instruction,
  type InstructionId,
  type InstructionOf,
  instructionOf,
  type Module,
  parametersOf,
} from '../../graphs/ir/module.ts';
import type { ArrayShape, Shape } from '../../graphs/ir/shape.ts';
import type { Opcode } from '../../graphs/ops/table.ts';

/** Half-open range of integers. */
export interface Range {
  readonly lo: number;
  readonly hi: number;
}

/** Integers outside a range that have a meaning: of either end, below it only, or none. */
export type Outside = 'either' | 'below' | 'none';

/** How a module uses an integer parameter. */
export interface IndexUse extends Range {
  readonly outside: Outside;
  /** The op that sets the limit and its name: `dynamic-slice %a`. */
  readonly by: string;
}

/** A value that the parameter's elements reach unchanged: an array inside an instruction's result. */
interface Place {
  readonly computation: string;
  readonly id: InstructionId;
  readonly path: readonly number[];
}

interface Use {
  readonly module: Module;
  readonly computation: Computation;
  readonly path: readonly number[];
  /** Operand number. */
  readonly operand: number;
  shape(operand: number): Shape;
  /** The instruction of an operand, data movement and conversions looked through. */
  origin(operand: number): Instruction;
  /** The place of a parameter of a called computation. */
  parameter(callee: string, index: number, path: readonly number[]): Place;
}

/** Where the elements go from a use, and what the use says of their range. */
interface Effect {
  readonly places?: readonly Place[];
  /** Paths within the using instruction's own result. */
  readonly results?: readonly (readonly number[])[];
  readonly limit?: number;
  /** What values past the limit, or below zero, may be; `either` where absent. */
  readonly outside?: Outside;
}

/** Longest loop that a parameter used as its bound asks for. */
const loopBound = 8;

/** The ranges of a module's integer parameters, by parameter number and path within a tuple. */
export function indexRanges(
  module: Module,
): (parameter: number, path: readonly number[]) => Range | undefined {
  const uses = indexUses(module);
  return (parameter, path) => {
    const use = uses(parameter, path);
    return use && { lo: use.lo, hi: use.hi };
  };
}

/** How a module uses its integer parameters, by parameter number and path within a tuple. */
export function indexUses(
  module: Module,
): (parameter: number, path: readonly number[]) => IndexUse | undefined {
  const parameters = parametersOf(entryOf(module));
  const users = userIndex(module);
  return (parameter, path) => {
    const id = parameters[parameter]?.id;
    if (id === undefined) return undefined;
    return strictestUse(module, users, { computation: module.entry, id, path });
  };
}

const strictness: readonly Outside[] = ['either', 'below', 'none'];

function strictestUse(module: Module, users: Users, start: Place): IndexUse | undefined {
  const queue: Place[] = [start];
  const seen = new Set<string>();
  let found: IndexUse | undefined;
  for (let place = queue.pop(); place; place = queue.pop()) {
    const key = `${place.computation} ${place.id} ${place.path}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const here = place;
    for (const { computation, user, operand } of users.of(here)) {
      const follow = follows[user.opcode] as Follow<never> | undefined;
      const use = useOf(module, computation, user, operand, here.path);
      const effect: Effect = follow?.(user as never, use) ?? {};
      found = stricter(found, effect, user);
      const own = (effect.results ?? []).map((path) => ({ ...here, id: user.id, path }));
      queue.push(...(effect.places ?? []), ...own);
    }
    queue.push(...users.callersOf(here));
  }
  return found;
}

function stricter(
  found: IndexUse | undefined,
  { limit, outside = 'either' }: Effect,
  { opcode, name }: Instruction,
): IndexUse | undefined {
  if (limit === undefined) return found;
  const use = { lo: 0, hi: Math.max(1, limit), outside, by: `${opcode} %${name}` };
  if (!found) return use;
  const worst = Math.max(strictness.indexOf(outside), strictness.indexOf(found.outside));
  return { ...(use.hi < found.hi ? use : found), outside: strictness[worst]! };
}

type Follow<O extends Opcode> = (user: InstructionOf<O>, use: Use) => Effect;

function sameElements<O extends Opcode>(...operands: readonly number[]): Follow<O> {
  return (_, { operand, path }) =>
    operands.length === 0 || operands.includes(operand) ? { results: [path] } : {};
}

/** Amounts below the width of what is shifted. */
const shifts: Follow<'shift-left' | 'shift-right-arithmetic' | 'shift-right-logical'> = (
  _,
  { operand, shape },
) => (operand === 0 ? {} : { limit: elementTypes[(shape(0) as ArrayShape).type].bits });

const follows: { readonly [O in Opcode]?: Follow<O> } = {
  broadcast: sameElements(),
  reshape: sameElements(),
  transpose: sameElements(),
  bitcast: sameElements(),
  copy: sameElements(),
  slice: sameElements(),
  reverse: sameElements(),
  concatenate: sameElements(),
  convert: sameElements(),
  'opt-barrier': sameElements(),
  pad: sameElements(0),
  clamp: sameElements(1),
  select: sameElements(1, 2),
  tuple: (_, { operand, path }) => ({ results: [[operand, ...path]] }),
  'get-tuple-element': ({ attrs }, { path }) =>
    path[0] === attrs.index ? { results: [path.slice(1)] } : {},
  call: ({ attrs }, { parameter, operand, path }) => ({
    places: [parameter(attrs.to_apply, operand, path)],
  }),
  fusion: ({ attrs }, { parameter, operand, path }) => ({
    places: [parameter(attrs.calls, operand, path)],
  }),
  while: ({ attrs }, { parameter, path }) => ({
    places: [parameter(attrs.condition, 0, path), parameter(attrs.body, 0, path)],
    results: [path],
  }),
  conditional: ({ attrs }, { parameter, operand, path }) => {
    const { branch_computations: branches, true_computation: t, false_computation: f } = attrs;
    const callees = branches ?? [t!, f!];
    if (operand === 0) return { limit: callees.length };
    return { places: [parameter(callees[operand - 1]!, 0, path)] };
  },
  sort: ({ operands }, { operand }) => ({ results: [operands.length > 1 ? [operand] : []] }),
  gather: ({ attrs }, { operand, shape }) => {
    if (operand === 0) return { results: [[]] };
    const { dims } = shape(0) as ArrayShape;
    return {
      limit: Math.min(...attrs.start_index_map.map((d) => room(dims[d]!, attrs.slice_sizes[d]!))),
    };
  },
  scatter: ({ attrs, operands }, { operand, shape }) => {
    const inputs = (operands.length - 1) / 2;
    if (operand !== inputs) return {};
    const { dims } = shape(0) as ArrayShape;
    const window = scatterWindow(attrs, dims, shape(inputs + 1) as ArrayShape);
    const mapped = attrs.scatter_dims_to_operand_dims;
    return { limit: Math.min(...mapped.map((d) => room(dims[d]!, window[d]!))) };
  },
  'dynamic-slice': ({ attrs }, { operand, shape }) => {
    if (operand === 0) return { results: [[]] };
    const { dims } = shape(0) as ArrayShape;
    return { limit: starts(dims, attrs.dynamic_slice_sizes, operand - 1, shape(operand)) };
  },
  'dynamic-update-slice': (_, { operand, shape }) => {
    if (operand < 2) return { results: [[]] };
    const { dims } = shape(0) as ArrayShape;
    return { limit: starts(dims, (shape(1) as ArrayShape).dims, operand - 2, shape(operand)) };
  },
  'ragged-all-to-all': (_, { operand, shape }) => {
    const rows = [0, 1].map((k) => boundOf(shape(k), 0));
    if (operand < 2) return {};
    return {
      limit: halfOf(operand === 2 ? rows[0]! : operand === 4 ? rows[1]! : Math.min(...rows)),
    };
  },
  'set-dimension-size': ({ attrs }, { operand, shape }) =>
    operand === 0
      ? { results: [[]] }
      : { limit: boundOf(shape(0), attrs.dimensions[0]!) + 1, outside: 'none' },
  'shift-left': shifts,
  'shift-right-arithmetic': shifts,
  'shift-right-logical': shifts,
  compare: ({ attrs }, use) => comparison(use, ['EQ', 'NE'].includes(attrs.direction)),
};

function boundOf(shape: Shape, dimension: number): number {
  return (shape as ArrayShape).dims[dimension]!;
}

/** Offsets and sizes, drawn on their own, of which any two stay inside. */
function halfOf(rows: number): number {
  return Math.floor(rows / 2) + 1;
}

/** Start positions that keep a window inside. */
function room(size: number, window: number): number {
  return size - window + 1;
}

/** Starts are one scalar a dimension, or one vector for all of them. */
function starts(
  dims: readonly number[],
  sizes: readonly number[],
  dimension: number,
  start: Shape,
): number {
  const rooms = dims.map((d, i) => room(d, sizes[i]!));
  return start.kind === 'array' && start.dims.length ? Math.min(...rooms) : rooms[dimension]!;
}

/** Size of the window that a scatter writes, by operand dimension. */
function scatterWindow(
  attrs: InstructionOf<'scatter'>['attrs'],
  dims: readonly number[],
  updates: ArrayShape,
): readonly number[] {
  const absent = [...attrs.inserted_window_dims, ...attrs.input_batching_dims];
  let next = 0;
  return dims.map((_, d) =>
    absent.includes(d) ? 1 : updates.dims[attrs.update_window_dims[next++]!]!,
  );
}

/**
 * Against an iota: its values, and its length where an order is asked for. In a loop's condition:
 * few rounds, or those up to a constant; a loop that waits for one number may miss any other.
 */
function comparison({ module, computation, operand, origin }: Use, isEquality: boolean): Effect {
  const other = origin(1 - operand);
  if (other.opcode === 'iota') {
    const length = (other.shape as ArrayShape).dims[other.attrs.iota_dimension]!;
    return { limit: isEquality ? length : length + 1 };
  }
  const isCondition = module.computations.some((c) =>
    c.instructions.some((i) => i.opcode === 'while' && i.attrs.condition === computation.name),
  );
  if (!isCondition) return {};
  const literal = other.opcode === 'constant' ? other.attrs.literal : undefined;
  const limit = (literal?.kind === 'tensor' ? Number(literal.data[0]) : loopBound) + 1;
  return { limit, outside: isEquality ? 'none' : 'below' };
}

const lookedThrough: ReadonlySet<Opcode> = new Set<Opcode>([
  'broadcast',
  'reshape',
  'convert',
  'copy',
  'transpose',
  'bitcast',
]);

function useOf(
  module: Module,
  computation: Computation,
  user: Instruction,
  operand: number,
  path: readonly number[],
): Use {
  const operandAt = (i: number) => instructionOf(computation, user.operands[i]!);
  return {
    module,
    computation,
    path,
    operand,
    shape: (i) => operandAt(i).shape,
    origin: (i) => {
      let found = operandAt(i);
      while (lookedThrough.has(found.opcode)) {
        found = instructionOf(computation, found.operands[0]!);
      }
      return found;
    },
    parameter: (callee, index, within) => {
      const taken = parametersOf(computationOf(module, callee))[index];
      return { computation: callee, id: taken?.id ?? nowhere, path: within };
    },
  };
}

/** Where an operand goes that a fusion has and its computation does not take. */
const nowhere = -1;

interface UserEntry {
  readonly computation: Computation;
  readonly user: Instruction;
  readonly operand: number;
}

interface Users {
  of(place: Place): readonly UserEntry[];
  /** For the root of a computation: the calls whose result it is. */
  callersOf(place: Place): readonly Place[];
}

function userIndex(module: Module): Users {
  const byId = new Map<InstructionId, UserEntry[]>();
  const callers = new Map<string, { computation: string; id: InstructionId }[]>();
  for (const computation of module.computations) {
    for (const user of computation.instructions) {
      user.operands.forEach((id, operand) => {
        append(byId, id, { computation, user, operand });
      });
      for (const callee of resultOf(user)) {
        append(callers, callee, { computation: computation.name, id: user.id });
      }
    }
  }
  return {
    of: (place) => byId.get(place.id) ?? [],
    callersOf: ({ computation, id, path }) => {
      if (computationOf(module, computation).root !== id) return [];
      return (callers.get(computation) ?? []).map((c) => ({ ...c, path }));
    },
  };
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Computations whose result is an instruction's result. */
function resultOf(i: Instruction): readonly string[] {
  if (i.opcode === 'call') return [i.attrs.to_apply];
  if (i.opcode === 'fusion') return [i.attrs.calls];
  if (i.opcode === 'while') return [i.attrs.body];
  if (i.opcode !== 'conditional') return [];
  const { branch_computations: branches, true_computation: t, false_computation: f } = i.attrs;
  return branches ?? [t!, f!];
}
