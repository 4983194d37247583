/** Every kind of fault that is planted, and the drawing of one by seed and number. */
import type { Module } from '../../../graphs/ir/module.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import { Draws } from '../pairs/draws.ts';
import { controlFaults } from './control-faults.ts';
import type { Fault, Texts } from './fault.ts';
import { complexFaults, functionFaults } from './function-faults.ts';
import { indexFaults } from './index-faults.ts';
import { movementFaults } from './movement-faults.ts';
import { orderFaults } from './order-faults.ts';
import { reduceFaults } from './reduce-faults.ts';
import { thresholdFaults, zeroFaults } from './scalar-faults.ts';
import { sumFaults } from './sum-faults.ts';
import { integerFaults, roundingFaults, widthFaults } from './width-faults.ts';

export const faults: readonly Fault[] = [
  ...[...indexFaults, ...reduceFaults, ...movementFaults, ...thresholdFaults, ...zeroFaults],
  ...[...widthFaults, ...integerFaults, ...roundingFaults, ...orderFaults, ...sumFaults],
  ...[...controlFaults, ...functionFaults, ...complexFaults],
];

export const families: readonly string[] = [...new Set(faults.map((f) => f.family))];

/** A fault as planted. */
export interface Planted {
  readonly seed: number;
  readonly index: number;
  readonly fault: Fault;
  readonly texts: Texts;
  readonly before: Module;
  readonly after: Module;
}

/** Fault number `index` of a seed; kinds take turns. Throws if either side does not verify. */
export function drawFault(seed: number, index: number): Planted {
  const fault = faults[index % faults.length]!;
  const texts = fault.draw(new Draws(seed, 'reach', fault.name, index));
  const read = (text: string, file: string) => verified(parseModule(text, { file }), fault);
  const [before, after] = [read(texts.before, 'before.hlo'), read(texts.after, 'after.hlo')];
  return { seed, index, fault, texts, before, after };
}

function verified(module: Module, { name }: Fault): Module {
  const [wrong] = verifyModule(module);
  if (wrong) throw new Error(`${name} does not verify: ${wrong.message}`);
  return module;
}

/** The line that draws a fault again. */
export function replayLine({ seed, index, fault }: Planted): string {
  return `npm run reach -- --seed ${seed} --from ${index} --draws 1 # ${fault.name}`;
}
