/** What the sampling models promise, and how widening one of two reads breaks it. */
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import { widens } from '../../graphs/ir/contract.ts';
import { entryOf, type InstructionId, type Module } from '../../graphs/ir/module.ts';
import { leafTensors, type Tensor } from '../../graphs/ir/tensor.ts';
import { zoo, zooModel } from '../../graphs/zoo/zoo.ts';
import { backends } from '../../passes/backends.ts';
import { runPipeline } from '../../passes/pipeline/runner.ts';
import { runReference } from '../../validator/reference/run.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareDistributions } from '../../validator/validation/compare-distributions.ts';

function run(module: Module, inputs: Parameters<typeof runReference>[1]): readonly Tensor[] {
  return leafTensors(runReference(module, inputs));
}

function numbers({ data }: Tensor): number[] {
  return Array.from({ length: data.length }, (_, i) => Number(data[i]));
}

/** The module with every use of one instruction in the entry handed to another. */
function rewired(module: Module, from: InstructionId, to: InstructionId): Module {
  const computations = module.computations.map((c) =>
    c.name === module.entry
      ? {
          ...c,
          instructions: c.instructions.map((i) => ({
            ...i,
            operands: i.operands.map((o) => (o === from ? to : o)),
          })),
        }
      : c,
  );
  return { ...module, computations };
}

/** Reads of the bf16 probabilities as f32, and the f32 values that those were rounded from. */
function reads(module: Module) {
  const { instructions } = entryOf(module);
  const narrowed = instructions.find(
    (i) => i.opcode === 'convert' && i.shape.kind === 'array' && i.shape.type === 'bf16',
  )!;
  const wide = instructions.filter((i) => i.opcode === 'convert' && i.operands[0] === narrowed.id);
  return { rounded: narrowed.operands[0]!, wide: wide.map((i) => i.id) };
}

describe('sampling_bf16', () => {
  const module = zooModel('sampling_bf16').build();
  const { inputs } = generateCase(module, 'typical', 1);
  const [token, mass] = run(module, inputs);

  it('keeps the most probable token whatever top_p is', () => {
    for (const kind of ['typical', 'ties', 'near-ties', 'lattice'] as const) {
      const given = generateCase(module, kind, 2).inputs;
      const [tokens, masses, , values] = run(module, given);
      const best = numbers(masses!).map((_, row) => Number(values!.data[row * 32]));
      expect(tokens!.data).toHaveLength(best.length);
      expect(numbers(masses!).filter((m, row) => m < best[row]!)).toEqual([]);
    }
  });

  it('reads the probabilities twice; widening one read loses the most probable token', () => {
    const { rounded, wide } = reads(module);
    expect(wide).toHaveLength(2);
    for (const read of wide) {
      const [wrong, less] = run(rewired(module, read, rounded), inputs);
      expect(wrong!.data).not.toEqual(token!.data);
      expect(Math.min(...numbers(less!))).toBe(0);
    }
    expect(Math.min(...numbers(mass!))).toBeGreaterThan(0);
  });

  it('widening both reads loses nothing', () => {
    const { rounded, wide } = reads(module);
    const both = wide.reduce((m, read) => rewired(m, read, rounded), module);
    expect(run(both, inputs)[0]!.data).toEqual(token!.data);
  });
});

describe.each(['sampling_f32', 'sampling_bf16'])('the probabilities of %s', (name) => {
  const module = zooModel(name).build();
  const cases = [sessionCase(generateCase(module, 'typical', 1))];
  const probabilities = 6;
  const compared = (after: Module) => {
    const names = { beforeName: name, afterName: 'after' };
    const job = { ...names, before: module, after, contract: widens, cases };
    return compareDistributions(job, { output: probabilities });
  };

  it.each(backends.map((b) => [b.name, b] as const))('stay where they are on %s', (_, backend) => {
    const { verdict } = compared(runPipeline(module, backend.pipeline).final);
    expect(['identical', 'within']).toContain(verdict);
  });

  it('move where the temperature is not applied', () => {
    const { instructions } = entryOf(module);
    const scaled = instructions.find((i) => i.opcode === 'divide')!;
    const { findings, cases: judged } = compared(rewired(module, scaled.id, scaled.operands[0]!));
    expect(findings).toMatchObject([{ kind: 'distribution', verdict: 'beyond' }]);
    const { toRare } = judged[0]!.worst!;
    expect(Math.abs(toRare.mass)).toBeGreaterThan(toRare.budget);
  });
});

describe('every model', () => {
  it.each(zoo.map((m) => [m.name, m] as const))('%s computes numbers that vary', (_, { build }) => {
    const module = build();
    const results = run(module, generateCase(module, 'typical', 1).inputs);
    for (const values of results.map(numbers)) {
      expect(values.every(Number.isFinite)).toBe(true);
      expect(new Set(values).size).toBeGreaterThan(1);
    }
  });

  it('the long contraction is exact on a lattice', () => {
    const module = zooModel('long_contraction').build();
    const { inputs } = generateCase(module, 'lattice', 1);
    const [x, square] = inputs as readonly Tensor[];
    const [result] = run(module, inputs);
    const terms = 4096;
    const sumOf = (row: number, feature: number) => {
      let sum = 0;
      for (let k = 0; k < terms; k++) {
        sum += Number(x!.data[row * terms + k]) * Number(square!.data[k * 8 + feature]);
      }
      return sum;
    };
    const exact = Array.from({ length: 32 }, (_, i) => sumOf(i >> 3, i & 7));
    expect(numbers(result!)).toEqual(exact);
  });
});
