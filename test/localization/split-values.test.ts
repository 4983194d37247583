/** The second half of `widens`: what was one value stays one, wherever a decision reads it. */
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import { edit } from '../../graphs/build/draft.ts';
import type { ComputationDraft } from '../../graphs/build/draft-computation.ts';
import { widens } from '../../graphs/ir/contract.ts';
import { entryOf, type Instruction, type Module } from '../../graphs/ir/module.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';

/** Which values reach their own maximum, all rounded to bf16 first: at least one does. */
const module = parseModule(`HloModule m
max { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT m = f32[] maximum(a, b) }
ENTRY e { x = f32[256] parameter(0)  n = bf16[256] convert(x)  w = f32[256] convert(n)
  low = f32[] constant(-inf)  best = f32[] reduce(w, low), dimensions={0}, to_apply=max
  all = f32[256] broadcast(best), dimensions={}
  ROOT keep = pred[256] compare(w, all), direction=GE }`);

type Stand = (d: ComputationDraft, x: Instruction) => Instruction;

const asIs: Stand = (_, x) => x;
const rounded =
  (mantissa_bits: number): Stand =>
  (d, x) =>
    d.add('reduce-precision', [x], {
      shape: arrayShape('f32', [256]),
      attrs: { exponent_bits: 8, mantissa_bits },
    });

/** Lets the maximum and the candidates read one stand-in each; the rounded value dies if none. */
function widening(ofBest: Stand | undefined, ofCandidates: Stand | undefined): Pass {
  return {
    name: 'widening',
    summary: 'lets two uses read wider values',
    contract: widens,
    run: (before: Module) =>
      edit(before, (draft) => {
        const d = draft.entry();
        const named = (name: string) => entryOf(before).instructions.find((i) => i.name === name)!;
        const x = named('x');
        if (ofBest) d.replaceUse(named('best'), 0, ofBest(d, x));
        if (ofCandidates) d.replaceUse(named('keep'), 0, ofCandidates(d, x));
        for (const name of ['w', 'n']) d.remove(named(name));
      }),
  };
}

const passesBlamed = (pass: Pass) =>
  validateGraph({
    graph: 'm',
    module,
    backend: { name: 'b', summary: '', pipeline: { name: 'p', passes: [pass] } },
    cases: [1, 2, 3].map((seed) => sessionCase(generateCase(module, 'typical', seed))),
  }).findings.map((f) => f.pass);

describe('a rounded value that two uses read', () => {
  it.each([
    ['widened for one use, the other as before', asIs, undefined],
    ['widened for one use and less for the other', asIs, rounded(10)],
  ] as const)('is not %s', (_, best, candidates) => {
    expect(passesBlamed(widening(best, candidates))).toContain('widening');
  });

  it.each([
    ['widened for both', asIs, asIs],
    ['widened a little for both', rounded(10), rounded(10)],
  ] as const)('may be %s', (_, best, candidates) => {
    expect(passesBlamed(widening(best, candidates))).toEqual([]);
  });
});
