/**
 * No miss: real dumps with one wrong op or constant in one state. Every fault that changes a result
 * (measured without the judge) is found, and blamed on the state that has it. `npm run mutants` does
 * the same for hundreds, over all programs.
 */
import { describe, expect, it } from 'vitest';
import { corpora, corpus } from '../support/corpora.ts';
import { described, drawMutant, judgeMutant } from '../support/mutants/mutant.ts';
import { programsIn } from '../support/mutants/programs.ts';
import { temporaryFolder } from '../support/temporary.ts';

const seed = 3;
const count = 20;
/** Small ones, of different kinds. */
const names = [
  ...['cumsum_scan', 'integer_ops', 'logsumexp_f16', 'rope', 'scatter_gather'],
  ...['triangular_mask', 'two_sum_f32', 'while_newton'],
];

describe.skipIf(!corpora)('planted faults (skipped where the corpora are absent)', () => {
  const programs = programsIn(corpus('xla-dumps/cpu'), names);
  let changing = 0;

  it.each(Array.from({ length: count }, (_, n) => n))('mutant %i is found', (n) => {
    const mutant = drawMutant(seed, n, programs);
    const outcome = judgeMutant(mutant, temporaryFolder());
    if (outcome.effect !== 'real') return expect(outcome.effect).not.toBe('real');
    changing++;
    const fault = `${described(mutant)} (${outcome.where}): ${outcome.what}`;
    expect({ fault, found: outcome.found }).toEqual({ fault, found: true });
    expect({ fault, blamed: outcome.blamed }).toEqual({ fault, blamed: true });
  });

  it('most of them change a result', () => {
    expect(changing).toBeGreaterThan(count / 2);
  });
});
