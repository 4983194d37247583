/**
 * The flow of a module: its values by number, with calls, fusions and tuples seen through and
 * identities (copy, barrier, reshape to the same shape) left out. Fusing, inlining, merging common
 * subexpressions or removing dead code leaves the flow as it was, so validating them costs nothing.
 */
import {
  type Computation,
  computationOf,
  type Instruction,
  type InstructionId,
  type InstructionOf,
  instructionOf,
  type Module,
  parametersOf,
} from '../ir/module.ts';
import { type Shape, sameShape } from '../ir/shape.ts';
import { calledBy, calleesOf } from '../ops/callees.ts';
import { isShardyNote } from '../ops/custom-targets.ts';
import { isIn } from '../ops/table.ts';
import { localKey, type Numbering, shapeKey, type ValueNumber } from './numbering.ts';

/**
 * A module by value numbers; all that it has are defined in the numbering that it was made with.
 */
export interface ValueGraph {
  readonly module: Module;
  readonly root: ValueNumber;
  /** Every number that the module has, operands before users. */
  readonly order: readonly ValueNumber[];
  /** Place of a number in `order`. */
  readonly position: ReadonlyMap<ValueNumber, number>;
  /** Numbers that act on the world outside (outfeed, a loop with one …), in program order. */
  readonly effects: readonly ValueNumber[];
  /** Numbers by place: the names of the call sites and of the instruction, joined by '/'. */
  readonly places: ReadonlyMap<string, ValueNumber>;
  /** Prefixes of the places at which a computation's body was seen through to. */
  readonly frames: ReadonlyMap<string, readonly string[]>;
}

/** A called body is seen through to while it unfolds to no more values than this. */
const maxUnfolded = 200_000;

/** … and while calls are nested no deeper than this; deeper ones are numbered callees first. */
const maxDepth = 200;

/** The flow of a module's entry computation. */
export function flowOf(module: Module, numbering: Numbering): ValueGraph {
  const extents = unfold(module);
  const walk = new Walk(module, numbering, { extents, functions: new Map() });
  if ([...extents.values()].some((e) => e.depth > maxDepth)) {
    for (const c of module.computations) walk.functionKey(c.name);
  }
  const entry = computationOf(module, module.entry);
  const root = walk.body(entry, walk.parameters(entry), '');
  const position = new Map([...walk.seen].map((n, at) => [n, at]));
  const { places, frames, effects } = walk;
  return { module, root, order: [...walk.seen], position, effects, places, frames };
}

/** What all walks over one module share. */
interface Shared {
  readonly extents: ReadonlyMap<string, Extent>;
  /** Called computations by name: the numbers of the root and of what acts outside. */
  readonly functions: Map<string, string>;
}

class Walk {
  readonly seen = new Set<ValueNumber>();
  readonly places = new Map<string, ValueNumber>();
  readonly frames = new Map<string, string[]>();
  readonly effects: ValueNumber[] = [];
  /** How often each op that is more than a function of its operands has occurred. */
  private readonly occurrences = new Map<string, number>();
  private readonly module: Module;
  private readonly numbering: Numbering;
  private readonly shared: Shared;

  constructor(module: Module, numbering: Numbering, shared: Shared) {
    this.module = module;
    this.numbering = numbering;
    this.shared = shared;
  }

  parameters(computation: Computation): ValueNumber[] {
    return parametersOf(computation).map((p) => this.intern(p, []));
  }

  /** Numbers a body whose parameters have the given numbers; returns the root's. */
  body(computation: Computation, args: readonly ValueNumber[], prefix: string): ValueNumber {
    const frames = this.frames.get(computation.name);
    if (frames) frames.push(prefix);
    else this.frames.set(computation.name, [prefix]);
    const numbers = new Map<InstructionId, ValueNumber>();
    for (const written of computation.instructions) {
      const i = written.opcode === 'bitcast' ? withSourceLayout(written, computation) : written;
      const operands = i.operands.map((o) => numbers.get(o)!);
      const place = prefix + i.name;
      const n = i.opcode === 'parameter' ? args[i.attrs.index]! : this.value(i, operands, place);
      numbers.set(i.id, n);
      this.places.set(place, n);
    }
    return numbers.get(computation.root)!;
  }

  private value(i: Instruction, operands: ValueNumber[], place: string): ValueNumber {
    const callee = seenThrough(i);
    if (callee !== undefined && isSmall(this.shared.extents.get(callee)!)) {
      return this.body(computationOf(this.module, callee), operands, `${place}/`);
    }
    return this.projected(i, operands) ?? this.identity(i, operands) ?? this.intern(i, operands);
  }

  private intern(i: Instruction, operands: readonly ValueNumber[]): ValueNumber {
    const { acts, draws } = this.natureOf(i);
    const local = this.local(i, operands);
    const own = acts || draws ? `${local}${this.occurrence(local, operands)}` : local;
    const n = this.numbering.intern(own, operands, i, this.module);
    this.seen.add(n);
    if (acts) this.effects.push(n);
    return n;
  }

  private natureOf(i: Instruction): Nature {
    return natureOf(i, (name) => this.shared.extents.get(name)!);
  }

  /** Sets apart the occurrences of one op over the same operands, by program order, not by name. */
  private occurrence(local: string, operands: readonly ValueNumber[]): string {
    const key = `${local}(${operands})`;
    const n = this.occurrences.get(key) ?? 0;
    this.occurrences.set(key, n + 1);
    return ` occurrence=${n}`;
  }

  private local(i: Instruction, operands: readonly ValueNumber[]): string {
    if (i.opcode === 'parameter') return `parameter ${i.attrs.index} ${shapeKey(i.shape)}`;
    if (i.opcode === 'bitcast') return bitcastKey(i, this.shapeOf(operands[0]!));
    const called = calledBy(i);
    if (called.length === 0) return localKey(i);
    return `${localKey(i)} calls=${called.map((c) => this.functionKey(c))}`;
  }

  /** A called computation: the number of its root, and of what it does to the world outside. */
  functionKey(name: string): string {
    const { functions } = this.shared;
    let key = functions.get(name);
    if (key === undefined) {
      const inner = new Walk(this.module, this.numbering, this.shared);
      const computation = computationOf(this.module, name);
      key = [inner.body(computation, inner.parameters(computation), ''), ...inner.effects].join(
        '+',
      );
      functions.set(name, key);
    }
    return key;
  }

  /** Tuples are seen through, both ways. */
  private projected(i: Instruction, operands: readonly ValueNumber[]): ValueNumber | undefined {
    if (i.opcode === 'get-tuple-element') {
      const of = this.numbering.term(operands[0]!);
      return of.instruction.opcode === 'tuple' ? of.operands[i.attrs.index] : undefined;
    }
    if (i.opcode !== 'tuple' || operands.length === 0) return undefined;
    const first = this.numbering.term(operands[0]!);
    if (first.instruction.opcode !== 'get-tuple-element') return undefined;
    const whole = first.operands[0]!;
    const parts = operands.map((o) => this.numbering.term(o));
    const all = parts.every(
      ({ instruction: part, operands: from }, index) =>
        part.opcode === 'get-tuple-element' && part.attrs.index === index && from[0] === whole,
    );
    return all && sameShape(this.shapeOf(whole), i.shape) ? whole : undefined;
  }

  private shapeOf(number: ValueNumber): Shape {
    return this.numbering.term(number).instruction.shape;
  }

  /** Ops that hand on their operand as it is. */
  private identity(i: Instruction, operands: readonly ValueNumber[]): ValueNumber | undefined {
    if (!identities.has(i.opcode)) return undefined;
    const from = this.shapeOf(operands[0]!);
    const plain = i.opcode !== 'bitcast' || i.attrs.source_layout === layoutText(i.shape);
    return plain && sameShape(from, i.shape) ? operands[0] : undefined;
  }
}

const identities = new Set([
  'copy',
  'opt-barrier',
  'domain',
  'add-dependency',
  'reshape',
  'convert',
  'bitcast',
]);

/** What an instruction is beside a function of its operands, called computations included. */
interface Nature {
  readonly acts: boolean;
  /** May give another value each time. */
  readonly draws: boolean;
}

function natureOf(i: Instruction, of: (computation: string) => Nature): Nature {
  const own = { acts: actsOutside(i), draws: isDraw(i) };
  const called = calledBy(i);
  return called.length === 0 ? own : called.map(of).reduce(eitherNature, own);
}

function eitherNature(a: Nature, b: Nature): Nature {
  return { acts: a.acts || b.acts, draws: a.draws || b.draws };
}

function actsOutside(i: Instruction): boolean {
  if (i.opcode === 'custom-call') {
    return i.attrs.custom_call_has_side_effect && !isShardyNote(i.attrs.custom_call_target);
  }
  return isIn(i.opcode, 'side-effect') && i.opcode !== 'after-all' && !isDraw(i);
}

/** Ops on hidden random state, which nothing but such ops can tell. */
function isDraw({ opcode }: Instruction): boolean {
  return opcode === 'rng' || opcode === 'rng-get-and-update-state';
}

/** The computation that an instruction merely runs. */
function seenThrough(i: Instruction): string | undefined {
  if (i.opcode === 'call') return i.attrs.to_apply;
  return i.opcode === 'fusion' ? i.attrs.calls : undefined;
}

/** What a computation comes to when calls and fusions are seen through. */
interface Extent extends Nature {
  /** Number of values. */
  readonly size: number;
  /** Nesting of called computations of any kind. */
  readonly depth: number;
}

function isSmall({ size, depth }: Extent): boolean {
  return size <= maxUnfolded && depth <= maxDepth;
}

/** The extent of every computation, callees first, without recursion. */
function unfold(module: Module): Map<string, Extent> {
  const extents = new Map<string, Extent>();
  const pending = module.computations.map((c) => c.name);
  for (let name = pending.at(-1); name !== undefined; name = pending.at(-1)) {
    const computation = computationOf(module, name);
    const { instructions } = computation;
    const called = extents.has(name) ? [] : calleesOf(computation);
    const unknown = called.filter((c) => !extents.has(c));
    if (unknown.length) {
      pending.push(...unknown);
      continue;
    }
    pending.pop();
    if (extents.has(name)) continue;
    let size = instructions.length;
    for (const i of instructions) {
      const inlined = seenThrough(i);
      if (inlined !== undefined) size += Math.min(extents.get(inlined)!.size, 1e9);
    }
    const depth = called.reduce((d, c) => Math.max(d, extents.get(c)!.depth + 1), 0);
    let [acts, draws] = [false, false];
    for (const i of instructions) {
      const nature = natureOf(i, (c) => extents.get(c)!);
      acts ||= nature.acts;
      draws ||= nature.draws;
    }
    extents.set(name, { size, depth, acts, draws });
  }
  return extents;
}

/** A bitcast that says which layout its operand has, so that it can stand away from it. */
function withSourceLayout(i: InstructionOf<'bitcast'>, computation: Computation): Instruction {
  const from = instructionOf(computation, i.operands[0]!).shape;
  return { ...i, attrs: { ...i.attrs, source_layout: layoutText(from) } };
}

/** A bitcast between default layouts is a reshape; any other is told apart by its layouts. */
function bitcastKey(i: InstructionOf<'bitcast'>, from: Shape): string {
  const to = i.shape;
  const reshapes =
    i.attrs.source_layout === defaultLayout(from) && layoutText(to) === defaultLayout(to);
  const sameType = from.kind === 'array' && to.kind === 'array' && from.type === to.type;
  if (reshapes && sameType) return `reshape ${shapeKey(to)}`;
  return `bitcast ${shapeKey(to)} ${i.attrs.source_layout} ${layoutText(to)}`;
}

function layoutText(s: Shape): string {
  return s.kind === 'array' && s.layout ? `{${s.layout.minorToMajor}}` : defaultLayout(s);
}

function defaultLayout(s: Shape): string {
  return s.kind === 'array' ? `{${s.dims.map((_, n) => s.dims.length - 1 - n)}}` : s.kind;
}
