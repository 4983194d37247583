/**
 * What instructions promise to compilers that come later: indices that are sorted or unique, the trips
 * of a loop. To forget a promise costs speed; to make one that does not hold makes a later pass wrong.
 */
import {
  type Computation,
  type Instruction,
  type InstructionOf,
  instructionOf,
  type Module,
} from '../../graphs/ir/module.ts';
import { lineOf } from './lines.ts';

/** Facts of a loop as XLA writes them into its backend_config. */
export interface LoopFacts {
  readonly trips?: number;
  /** First value of the induction variable, and what a trip adds to it. */
  readonly init?: number;
  readonly step?: number;
  /** Which element of the state that variable is. */
  readonly variable?: number;
}

/** The attribute, or the field of backend_config, that makes the promise. */
export type PromiseKind = 'unique_indices' | 'indices_are_sorted' | 'known_trip_count';

/** One promise of one instruction, and the line that shows it. */
export interface Promised {
  readonly kind: PromiseKind;
  readonly computation: Computation;
  readonly instruction: Instruction;
  /** The loop's facts, where it is one. */
  readonly facts: LoopFacts;
  readonly line: string;
}

const known = new WeakMap<Module, readonly Promised[]>();

/** All promises of a module's instructions, in order. */
export function promisesOf(module: Module): readonly Promised[] {
  let found = known.get(module);
  if (!found) {
    found = module.computations.flatMap((c) => c.instructions.flatMap((i) => promisesBy(i, c)));
    known.set(module, found);
  }
  return found;
}

function promisesBy(instruction: Instruction, computation: Computation): Promised[] {
  const promised = (kind: PromiseKind, facts: LoopFacts = {}): Promised => {
    const line = lineOf({ instruction, computation });
    return { kind, computation, instruction, facts, line };
  };
  const { opcode, attrs } = instruction;
  if (opcode === 'while') {
    const facts = loopFacts(instruction);
    return Object.keys(facts).length ? [promised('known_trip_count', facts)] : [];
  }
  if (opcode !== 'scatter' && opcode !== 'gather') return [];
  const isUnique = opcode === 'scatter' && attrs.unique_indices;
  return [
    ...(isUnique ? [promised('unique_indices')] : []),
    ...(attrs.indices_are_sorted ? [promised('indices_are_sorted')] : []),
  ];
}

/** What a loop's configuration says of it; numbers stand as text there, quoted or escaped. */
export function loopFacts({ extras }: InstructionOf<'while'>): LoopFacts {
  const config = (extras.backend_config ?? '').replaceAll('\\"', '"');
  const field = (within: string, name: string) => {
    const part = new RegExp(`"${within}"\\s*:\\s*\\{([^{}]*)\\}`).exec(config)?.[1];
    const found = part && new RegExp(`"${name}"\\s*:\\s*"?(-?\\d+)`).exec(part)?.[1];
    return found === undefined || found === '' ? undefined : Number(found);
  };
  const facts = {
    trips: field('known_trip_count', 'n'),
    init: field('known_init_step', 'init'),
    step: field('known_init_step', 'step'),
    variable: field('known_induction_variable', 'tuple_index'),
  };
  const told = Object.entries(facts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(told) as LoopFacts;
}

/** Promises of a module that none of another's instructions makes in the same words. */
export function newPromises(before: Module, after: Module): readonly Promised[] {
  if (before === after) return [];
  const wordsOf = ({ kind, computation, instruction: { name }, facts }: Promised) =>
    JSON.stringify([kind, computation.name, name, facts]);
  const old = new Set(promisesOf(before).map(wordsOf));
  return promisesOf(after).filter((p) => !old.has(wordsOf(p)));
}

/** The instruction that gives the indices of a gather or scatter. */
export function indicesOf({ instruction, computation }: Promised): Instruction {
  const { opcode, operands } = instruction;
  const at = opcode === 'scatter' ? (operands.length - 1) / 2 : 1;
  return instructionOf(computation, operands[at]!);
}
