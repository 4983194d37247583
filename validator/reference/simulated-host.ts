/**
 * A simulated host: it notes what a run does to the world outside, in order, and answers with data
 * that depend only on what is asked and how often it was asked before. Two modules that act alike on
 * it act alike on any host.
 */
import { createHash } from 'node:crypto';
import { sampleValue } from '../../golden/kinds/sample.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Instruction } from '../../graphs/ir/module.ts';
import type { Shape } from '../../graphs/ir/shape.ts';
import { token, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { isCallOutside } from '../../graphs/ops/custom-targets.ts';
import { actKey } from '../../graphs/value-graph/acts.ts';
import { shapeKey } from '../../graphs/value-graph/numbering.ts';
import type { Host } from './context.ts';
import { hostOpcodes } from './ops/communication.ts';

/** Something that a run did to the world outside. */
export interface Event {
  readonly instruction: Instruction;
  /** See Act. */
  readonly key: string;
  /** What was sent, tokens aside; exact values where the run was an exact one. */
  readonly sent: readonly Value[];
}

/** Acts of one run before it counts as one that talks for ever. */
const maxActs = 4096;

/** Notes the acts of one run after another. */
export class SimulatedHost implements Host {
  private events: Event[] = [];
  readonly takesCalls: boolean;
  private count = 0;
  private readonly times = new Map<string, number>();

  /** With `notes: false` it only answers what asks: a run of a region, whose acts are no matter. */
  constructor({ notes = true } = {}) {
    this.takesCalls = notes;
  }

  /** What was done since the last call, after which another run may begin. */
  take(): readonly Event[] {
    const { events } = this;
    this.events = [];
    this.times.clear();
    this.count = 0;
    return events;
  }

  act(instruction: Instruction, operands: readonly Value[]): Value {
    const { opcode, shape } = instruction;
    if (opcode === 'send-done') return token;
    if (opcode === 'recv-done') return answer(shape, [firstOf(operands[0]!)]);
    if (++this.count > maxActs) {
      fail('run/unsupported', `it acts on the world outside more than ${maxActs} times`);
    }
    const sent = operands.filter((v) => v.kind !== 'token');
    const key = actKey(instruction, sent.map(shapeOf));
    const n = this.times.get(key) ?? 0;
    this.times.set(key, n + 1);
    if (this.takesCalls) this.events.push({ instruction, key, sent });
    if (opcode === 'send') return answer(shape, sent);
    return drawn(shape, `${key} ${n}`);
  }
}

/** Whether an instruction is itself an act, and not one that calls what acts. */
export function actsItself({ opcode, attrs }: Instruction<number>): boolean {
  if (opcode === 'custom-call') return isCallOutside(attrs);
  return (hostOpcodes as readonly string[]).includes(opcode);
}

function shapeOf(v: Value): string {
  if (v.kind === 'tuple') return `(${v.elements.map(shapeOf).join()})`;
  return v.kind === 'token' ? 'token' : shapeKey(v.shape);
}

function firstOf(v: Value): Value {
  return v.kind === 'tuple' ? v.elements[0]! : v;
}

/** The tuple of a shape that begins with these values. */
function answer(shape: Shape, values: readonly Value[]): Value {
  const rest = shape.kind === 'tuple' ? shape.elements.slice(values.length) : [];
  return tupleValue([...values, ...rest.map((s) => drawn(s, ''))]);
}

function drawn(shape: Shape, of: string): Value {
  return sampleValue(shape, createHash('sha256').update(of).digest().readUIntBE(0, 6));
}
