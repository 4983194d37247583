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
      const property = fc.property(fc.nat(), (index) => {
        const draw = new Draw(draws.seed, opcode, index);
        const outcome = held(law, draw);
        if (outcome === 'other') return;
        count++;
        const shown = () => `draw ${index}\n${printModule(draw.module)}`;
        if (outcome !== 'held') expect.fail(`${outcome.wrong}\n${shown()}`);
      });
      fc.assert(property, { numRuns: draws.of(law.runs), seed: draws.seed, endOnFailure: true });
      expect(count).toBeGreaterThan(0);
    });
  });
}
