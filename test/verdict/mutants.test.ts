/**
 * Mutants of the zoo: one instruction made wrong, by seed. Under `exact` every mutant that changes a
 * result on some case is found, and blamed on the pass that made it.
 */
import { describe, expect, it } from 'vitest';
import { defaultCases } from '../../golden/cases.ts';
import { edit } from '../../graphs/build/draft.ts';
import { exact } from '../../graphs/ir/contract.ts';
import { entryOf, type Instruction, type Module } from '../../graphs/ir/module.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';
import { runReference } from '../../validator/reference/run.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';
import { sameBits } from '../../validator/verdict/judge.ts';

type Change = Partial<Omit<Instruction, 'id' | 'opcode'>>;

const ordered: ReadonlySet<string> = new Set(['subtract', 'divide', 'power', 'remainder']);
const opposite = { GT: 'GE', GE: 'GT', LT: 'LE', LE: 'LT', EQ: 'NE', NE: 'EQ' } as const;

/** The ways in which one instruction can be made wrong. */
function mutations(i: Instruction): Change[] {
  const found: Change[] = [];
  if (ordered.has(i.opcode)) found.push({ operands: [...i.operands].reverse() });
  if (i.opcode === 'compare') {
    found.push({ attrs: { ...i.attrs, direction: opposite[i.attrs.direction] } });
  }
  if (i.opcode === 'constant' && i.attrs.literal.kind === 'tensor') {
    const { shape, data } = i.attrs.literal;
    const [x] = data;
    if (shape.type === 'f32' && data.length === 1 && Number.isFinite(x)) {
      const next = (x as number) === 0 ? 2 ** -149 : (x as number) * (1 + 2 ** -23);
      found.push({ attrs: { literal: tensorOf('f32', shape.dims, [next]) } });
    }
  }
  if (i.opcode === 'broadcast' && i.attrs.dimensions.length > 1) {
    found.push({ attrs: { ...i.attrs, dimensions: [...i.attrs.dimensions].reverse() } });
  }
  if (i.opcode === 'iota' && i.shape.kind === 'array' && i.shape.dims.length > 1) {
    const iota_dimension = (i.attrs.iota_dimension + 1) % i.shape.dims.length;
    found.push({ attrs: { ...i.attrs, iota_dimension } });
  }
  return found;
}

function mutant(i: Instruction, change: Change): Pass {
  const run = (m: Module) => edit(m, (draft) => draft.entry().rewrite(i, change));
  return { name: 'mutant', contract: exact, summary: '', run };
}

/** Every n-th mutant of a module, starting at one that differs from model to model. */
function sampled<T>(all: readonly T[], count: number, seed: number): T[] {
  const step = Math.max(1, Math.floor(all.length / count));
  return all.filter((_, n) => n % step === seed % step).slice(0, count);
}

describe.each(zoo.map((model, n) => [model.name, model, n] as const))('%s', (_, model, seed) => {
  const module = model.build();
  const cases = defaultCases(module, 1).slice(0, 3).map(sessionCase);
  const references = cases.map((c) => runReference(module, c.inputs));
  const all = entryOf(module).instructions.flatMap((i) =>
    mutations(i).map((change) => ({ i, change, pass: mutant(i, change) })),
  );
  const valid = sampled(all, 4, seed).filter(
    ({ pass }) => verifyModule(pass.run(module).module).length === 0,
  );

  it('shows every mutant that changes a result', () => {
    const missed: string[] = [];
    for (const { i, pass } of valid) {
      const bad = pass.run(module).module;
      const differs = cases.some((c, n) => !sameBits(runReference(bad, c.inputs), references[n]!));
      const pipeline = { name: 'p', passes: [pass] };
      const backend = { name: 'b', summary: '', pipeline };
      const { findings } = validateGraph({ graph: model.name, module, backend, cases });
      const blamed = findings.map((f) => f.pass);
      if (differs && !blamed.includes('mutant')) missed.push(i.name);
    }
    expect(missed).toEqual([]);
  });
});
