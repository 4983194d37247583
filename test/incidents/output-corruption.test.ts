/**
 * Output corruption: a runtime flag set wrongly moves probability to tokens that should be rare, a
 * little for each of them. An allclose at the usual tolerance passes it; the distribution does not.
 */

import { describe, expect, it } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import { randomOf } from '../../golden/kinds/random.ts';
import { reassociates } from '../../graphs/ir/contract.ts';
import { leafTensors, type Tensor } from '../../graphs/ir/tensor.ts';
import { effectiveRadius } from '../../validator/exact/core/radius.ts';
import { exactLeaves } from '../../validator/exact/core/value.ts';
import { runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareDistributions } from '../../validator/validation/compare-distributions.ts';
import { judgeDraws } from '../../validator/verdict/distribution.ts';
import { assay } from '../support/cli.ts';
import { incidentFile, incidentModule } from './modules.ts';

const module = (name: string) => incidentModule('output-corruption', name);
const before = module('before');
const golden = generateCase(before, 'typical', 1);

/** The policy of XLA's own comparisons of two runs, |a - b| ≤ 1e-3 (1 + |b|). */
const allclose = (a: number, b: number) => Math.abs(a - b) * 1000 <= 1 + Math.abs(b);

const probabilities = (name: string): Tensor =>
  leafTensors(runReference(module(name), golden.inputs))[0]!;

function compared(name: string) {
  const names = { beforeName: 'before', afterName: name };
  const cases = [sessionCase(golden)];
  const job = { ...names, before, after: module(name), contract: reassociates, cases };
  return compareDistributions(job, { output: 0 });
}

describe.each(['fast_accumulator', 'stale_scale'])('%s', (name) => {
  it('passes an allclose at 1e-3', () => {
    const [a, b] = [probabilities('before').data, probabilities(name).data];
    const outside = Array.from(a as Float32Array).filter((x, k) => !allclose(Number(b[k]), x));
    expect(outside).toEqual([]);
  });

  it('moves mass beyond what rounding can', () => {
    const { verdict, findings, cases } = compared(name);
    expect(verdict).toBe('beyond');
    expect(findings).toMatchObject([{ kind: 'distribution', output: 0, case: 'typical-1' }]);
    const { mass, budget } = cases[0]!.worst!.totalVariation;
    expect(mass).toBeGreaterThan(budget);
  });
});

it('the stale scale puts probability on tokens that should be rare', () => {
  const { toRare } = compared('stale_scale').cases[0]!.worst!;
  expect(toRare.mass).toBeGreaterThan(toRare.budget);
});

it('the same sum in two halves moves nothing', () => {
  expect(compared('healthy')).toMatchObject({ verdict: 'within', findings: [] });
});

describe('draws of tokens', () => {
  const [exact] = exactLeaves(runExact(before, golden.inputs).value);
  const vocabulary = exact!.shape.dims[1]!;
  const row = Array.from({ length: vocabulary }, (_, token) => token);
  const given = {
    probabilities: row.map((token) => Number(exact!.data[token])),
    radii: row.map((token) => effectiveRadius(exact!, token)),
  };
  /** Counts of tokens drawn from the first row of a module's result. */
  const drawn = (name: string, draws: number) => {
    const { data } = probabilities(name);
    const sums: number[] = [];
    row.forEach((token) => {
      sums.push((sums.at(-1) ?? 0) + Number(data[token]));
    });
    const random = randomOf(7, 'draws');
    const counts = new Array<number>(vocabulary).fill(0);
    for (let n = 0; n < draws; n++) {
      const u = random.uniform() * sums.at(-1)!;
      let [low, high] = [0, vocabulary - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sums[middle]! > u) high = middle;
        else low = middle + 1;
      }
      counts[low]!++;
    }
    return counts;
  };

  it.each([
    ['before', 200_000, 'within'],
    ['healthy', 200_000, 'within'],
    ['stale_scale', 200_000, 'suspect'],
    ['stale_scale', 100, 'within'],
  ] as const)('of %s, %i of them: %s', (name, draws, verdict) => {
    expect(judgeDraws(drawn(name, draws), given, 1 / vocabulary).verdict).toBe(verdict);
  });
});

describe('assay compare --distribution', () => {
  const file = (name: string) => incidentFile('output-corruption', name);
  const compare = (name: string, ...more: readonly string[]) =>
    assay(['compare', file('before'), file(name), '--cases', 'typical', ...more]);

  it('tells of the mass that moved, in text and JSON', async () => {
    const text = await compare('stale_scale', '--distribution', '0');
    expect(text.exitCode).toBe(1);
    expect(text.stdout).toContain('BEYOND (distribution)');
    const json = await compare('healthy', '--distribution', '0', '--rare', '0.001', '--json');
    expect(json.exitCode).toBe(0);
    expect(JSON.parse(json.stdout).distribution).toMatchObject({
      ...{ output: 0, rare: 0.001, verdict: 'within' },
      cases: [{ case: 'typical-1', rows: 2, open: 0 }],
    });
  });

  it.each([
    ['an output that there is not', ['--distribution', '1'], 'there is no output 1'],
    ['a number that is none', ['--distribution', 'p'], 'whole number'],
    ['a threshold above one', ['--distribution', '0', '--rare', '2'], 'from 0 to 1'],
  ])('refuses %s', async (_, more, message) => {
    const { exitCode, stderr } = await compare('healthy', ...more);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it('refuses what is no distribution, and says why', async () => {
    const top = incidentFile('approx-top-k', 'before');
    const more = ['--cases', 'typical', '--distribution'];
    const values = await assay(['compare', top, top, ...more, '0']);
    expect([values.exitCode, values.stderr]).toEqual([2, expect.stringContaining('sums to')]);
    const tokens = await assay(['compare', top, top, ...more, '1']);
    expect([tokens.exitCode, tokens.stderr]).toEqual([2, expect.stringContaining('of floats')]);
  });
});
