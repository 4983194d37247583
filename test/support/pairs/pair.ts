/** A legitimate pair by seed and number: a law, what stands around it, and both sides as text. */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Module } from '../../../graphs/ir/module.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { printModule } from '../../../graphs/text/printer.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import { dotLaws } from './dot-laws.ts';
import { Draws } from './draws.ts';
import type { PairLaw, Side } from './law.ts';
import { loopLaws } from './loop-laws.ts';
import { movementLaws } from './movement-laws.ts';
import { orderLaws } from './order-laws.ts';
import { precisionLaws } from './precision-laws.ts';
import { sumLaws } from './sum-laws.ts';
import { operandsFor, usersOf } from './surroundings.ts';
import { Writer } from './writer.ts';

/** Every law of legitimate rewriting that pairs are drawn from. */
export const pairLaws: readonly PairLaw[] = [
  ...sumLaws,
  ...dotLaws,
  ...precisionLaws,
  ...loopLaws,
  ...orderLaws,
  ...movementLaws,
];

export interface Pair {
  readonly seed: number;
  readonly index: number;
  readonly law: PairLaw;
  readonly type: ElementType;
  /** What was printed, and what was read from it. */
  readonly texts: { readonly before: string; readonly after: string };
  readonly before: Module;
  readonly after: Module;
}

/** Pair number `index` of a seed; laws take turns. Throws if either side does not verify. */
export function drawPair(seed: number, index: number): Pair {
  const law = pairLaws[index % pairLaws.length];
  const d = new Draws(seed, law.name, index);
  const type = d.pick(law.types);
  const rewrite = law.draw(d, type);
  const around = d.int(0, 2 ** 30);
  const write = (side: Side) =>
    printModule(
      Writer.module(law.name, (w) => {
        const xs = operandsFor(w, new Draws(around, 'operands'), rewrite.inputs);
        const results = side(w, xs);
        return usersOf(w, new Draws(around, 'users'), results, xs, rewrite.split === true);
      }),
    );
  const texts = { before: write(rewrite.before), after: write(rewrite.after) };
  const read = (text: string, file: string) => verified(parseModule(text, { file }));
  const [before, after] = [read(texts.before, 'before.hlo'), read(texts.after, 'after.hlo')];
  return { seed, index, law, type, texts, before, after };
}

function verified(module: Module): Module {
  const [wrong] = verifyModule(module);
  if (wrong) throw new Error(`the pair does not verify: ${wrong.message}`);
  return module;
}

/** The line that draws a pair again. */
export function replayLine({ seed, index, law }: Pick<Pair, 'seed' | 'index' | 'law'>): string {
  return `npm run pairs -- --seed ${seed} --from ${index} --draws 1 # ${law.name}`;
}
