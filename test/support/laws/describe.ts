/** Laws as tests: one for every opcode that a law is about. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printModule } from '../../../graphs/text/printer.ts';
import { Draw, held, type Law } from './law.ts';
import { opcodes } from './laws.ts';
import { draws } from './runs.ts';

export function describeLaw(law: Law): void {
  describe(law.says, () => {
    it.each(opcodes.filter(law.applies))('%s', (opcode) => {
      let count = 0;
      const check = (index: number) => {
        const draw = new Draw(draws.seed, opcode, index);
        const outcome = held(law, draw);
        if (outcome === 'other') return;
        count++;
        const shown = () => `draw ${index}\n${printModule(draw.module)}`;
        if (outcome !== 'held') expect.fail(`${outcome.wrong}\n${shown()}`);
      };
      const settings = { numRuns: draws.of(law.runs), seed: draws.seed, endOnFailure: true };
      fc.assert(fc.property(fc.nat(), check), settings);
      for (let index = 0; count === 0 && index < 400; index++) check(index);
      expect(count).toBeGreaterThan(0);
    });
  });
}
