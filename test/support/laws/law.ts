/**
 * What a law over the op table is, and a draw that it is held against: an instance of an opcode, its
 * inputs, and what the reference and the exact mode make of them, each computed once for all laws.
 */
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import type { Module } from '../../../graphs/ir/module.ts';
import type { Tensor, Value } from '../../../graphs/ir/tensor.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import type { ExactValue } from '../../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../../validator/exact/run.ts';
import { runReference } from '../../../validator/reference/run.ts';
import type { Instance } from '../../cross/gen.ts';
import { inputsOf } from '../../cross/inputs.ts';
import { withinReach } from './draws.ts';
import { undecidedIn } from './radii/hold.ts';
import { lawInstance } from './table.ts';

/** The law holds for a draw; it is not about it; or what is wrong. */
export type Outcome = 'held' | 'other' | { readonly wrong: string };

export interface Law {
  /** As the table of a campaign heads its column. */
  readonly name: string;
  /** What it says. */
  readonly says: string;
  /** How many draws of each opcode the test suite makes. */
  readonly runs: number;
  applies(opcode: Opcode): boolean;
  hold(draw: Draw): Outcome;
}

/** An instance is drawn once for so many sets of inputs. */
const inputsAnInstance = 4;

/** Draw number `index` of an opcode from a seed. */
export class Draw {
  readonly seed: number;
  readonly opcode: Opcode;
  readonly index: number;
  /** A seed of its own. */
  readonly salt: number;
  private instance: Instance | undefined;
  private own: readonly Value[] | undefined;
  private found: { reference?: Value; exact?: ExactValue } = {};

  constructor(seed: number, opcode: Opcode, index: number, like?: Draw) {
    this.seed = seed;
    this.opcode = opcode;
    this.index = index;
    this.salt = (Math.imul(seed, 0x9e3779b1) + index) >>> 0;
    if (like?.number === this.number) this.instance = like.instance;
  }

  private get number(): number {
    return Math.floor(this.index / inputsAnInstance);
  }

  private get drawn(): Instance {
    this.instance ??= lawInstance(this.seed, this.opcode, this.number);
    return this.instance;
  }

  get module(): Module {
    return this.drawn.module;
  }

  get given(): readonly (Tensor | undefined)[] {
    return this.drawn.given;
  }

  get inputs(): readonly Value[] {
    this.own ??= withinReach(inputsOf(this.drawn, this.seed, this.opcode, this.index));
    return this.own;
  }

  /** The reference on the inputs. */
  get reference(): Value {
    this.found.reference ??= runReference(this.module, this.inputs);
    return this.found.reference;
  }

  /** The exact mode on the inputs, taken as certain. */
  get exact(): ExactValue {
    this.found.exact ??= this.exactOn(this.inputs.map(fromPlainValue));
    return this.found.exact;
  }

  exactOn(inputs: readonly ExactValue[]): ExactValue {
    return runExact(this.module, inputs).value;
  }
}

/**
 * A law held against a draw. Some ops have no meaning for some of the types that their rows let pass
 * (maxima of complex numbers), nor for indices that were moved out of range.
 */
export function held(law: Law, draw: Draw): Outcome {
  try {
    return law.hold(draw);
  } catch (error) {
    const codes = ['run/unsupported', 'run/bad-operand'];
    if (error instanceof AssayError && codes.includes(error.diagnostic.code)) return 'other';
    throw error;
  }
}

/** What was found wrong in results that are held against this value, or that nothing was decided. */
export function judged(exact: ExactValue, wrong: string | undefined): Outcome {
  if (wrong !== undefined) return { wrong };
  const { undecided, all } = undecidedIn(exact);
  return undecided === all ? 'other' : 'held';
}
