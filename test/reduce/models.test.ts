/**
 * Reduction of ONNX models on toolchains that are wrong about a pattern: down to its nodes, in a model
 * that reads back; redacted; resumed.
 */
import { describe, expect, it } from 'vitest';
import { importOnnxModel } from '../../graphs/importers/onnx/import.ts';
import { decodeModel, encodeModel, type NodeProto } from '../../graphs/importers/onnx/schema.ts';
import { widens } from '../../graphs/ir/contract.ts';
import { type Tensor, tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { gate } from '../../validator/gate/gate.ts';
import type { GateJob } from '../../validator/gate/job.ts';
import { modelReducible } from '../../validator/reduce/onnx/model-reducible.ts';
import {
  gateInputOf,
  graphOf,
  type ModelSpecimen,
  modelBytes,
  modelSpecimen,
} from '../../validator/reduce/onnx/model-specimen.ts';
import { nodesOf } from '../../validator/reduce/onnx/nodes.ts';
import {
  type FoundToolchainFault,
  reduceToolchainFault,
} from '../../validator/reduce/toolchain-fault.ts';
import { runReference } from '../../validator/reference/run.ts';
import { arrayJournal } from '../../validator/search/journal.ts';
import type { Outcome } from '../../validator/search/subset-oracle.ts';
import type { Capabilities, CaseResult, Toolchain } from '../../validator/toolchains/toolchain.ts';
import { floats, integers, model, node, value } from '../support/onnx-model.ts';

const types = (nodes: readonly NodeProto[]) => nodes.map((n) => n.opType);

/** Whether a result of an operator is read by another. */
const pattern = (first: string, second: string) => (nodes: readonly NodeProto[]) =>
  nodes.some(
    (a) =>
      a.opType === first &&
      nodes.some((b) => b.opType === second && b.input.some((name) => a.output.includes(name))),
  );

/** A compiler that gives 1 too much in every output of a model that a test picks, or refuses it. */
function wrongAbout(
  picks: (nodes: readonly NodeProto[]) => boolean,
  refuses?: string,
): Toolchain & { runs: number } {
  const spec = 'fake@1.0.0';
  const capabilities: Capabilities = {
    formats: ['onnx'],
    types: ['f32', 's64', 'pred'],
    ...{
      levels: [],
      obeysLevel: true,
      disablesOptimizers: false,
      notes: [],
      savesOptimized: false,
    },
  };
  const toolchain: Toolchain & { runs: number } = {
    ...{ spec, name: 'fake', version: '1.0.0', capabilities, runs: 0 },
    run: async (graph, cases, knobs = {}) => {
      toolchain.runs++;
      const isPicked = picks(decodeModel(graph).graph!.node);
      const { module, inputs, outputs } = importOnnxModel(graph);
      const results = cases.map((c): CaseResult => {
        if (isPicked && refuses !== undefined) {
          return { case: c.name, outcome: 'error', reason: refuses, at: 'load' };
        }
        const value = runReference(
          module,
          inputs.map((name) => c.inputs.get(name)!),
        );
        const leaves = (value.kind === 'tuple' ? value.elements : [value]) as readonly Tensor[];
        const given = leaves.map((t) => (isPicked && t.shape.type === 'f32' ? more(t) : t));
        return {
          ...({ case: c.name, outcome: 'ok' } as const),
          outputs: new Map(outputs.map((name, k) => [name, given[k]!] as const)),
        };
      });
      return { ...{ spec, knobs, results, notes: [], stdout: '', stderr: '' } };
    },
  };
  return toolchain;
}

const more = ({ shape, data }: Tensor) =>
  tensor(
    shape,
    (data as Float32Array).map((x) => x + 1),
  );

/** Shape arithmetic, a branch that captures, two results; tanh and a product somewhere inside. */
const bytes = model({
  initializer: [
    ...[floats('w', [4, 4], Array(16).fill(0.25)), floats('b', [4], [1, 2, 3, 4])],
    ...[integers('zero', [0]), integers('rest', [-1])],
  ],
  input: [value('secret', ['n', 4])],
  output: [value('out', ['n', 4]), value('side', ['n', 4])],
  node: [
    node('MatMul', ['secret', 'w'], ['h0']),
    node('Add', ['h0', 'b'], ['h1']),
    node('Shape', ['h1'], ['sizes']),
    node('Gather', ['sizes', 'zero'], ['count']),
    node('Concat', ['count', 'rest'], ['shape'], { axis: 0 }),
    node('Constant', [], ['half'], { value: { t: floats('', [], [0.5]) } }),
    node('Tanh', ['h1'], ['t']),
    node('Reshape', ['t', 'shape'], ['r']),
    node('Mul', ['r', 'half'], ['m']),
    node('Relu', ['m'], ['side']),
    node('ReduceMax', ['m'], ['top'], { keepdims: 0 }),
    node('Greater', ['top', 'half'], ['is']),
    node('If', ['is'], ['out'], {
      then_branch: {
        g: { name: 't', node: [node('Add', ['m', 'b'], ['y'])], output: [value('y', null)] },
      },
      else_branch: {
        g: { name: 'e', node: [node('Exp', ['m'], ['z'])], output: [value('z', null)] },
      },
    }),
  ],
});

const inputs = new Map([
  ['secret', tensorOf('f32', [3, 4], [0.5, -1, 2, 0.25, 3, 1.5, -2, 0, 1, 1, 0.125, -0.5])],
]);

const specimen = () => modelSpecimen(bytes, { dims: { n: 3 } }, inputs);

async function foundOn(toolchain: Toolchain): Promise<FoundToolchainFault<ModelSpecimen>> {
  const job: GateJob = {
    ...{ version: '0.0.0', graphs: [], toolchain, knobs: {}, contract: widens, seed: 1 },
    allowed: { maxUndecided: 100, maxGrowth: null, suspect: false },
    replay: () => '',
  };
  const graphs = [{ graph: 'g', load: async () => gateInputOf(specimen()) }];
  const [finding] = (await gate({ ...job, graphs })).findings;
  const kind = modelReducible;
  return { finding: finding!, specimen: specimen(), kind, inputOf: gateInputOf, job };
}

describe('a model on a toolchain that is wrong about a pattern', () => {
  it.each([
    ['one operator', ['Tanh'], (n: readonly NodeProto[]) => types(n).includes('Tanh')],
    ['two that are joined', ['Reshape', 'Mul'], pattern('Reshape', 'Mul')],
    [
      'two that are apart',
      ['Tanh', 'Relu'],
      (n: readonly NodeProto[]) => types(n).includes('Tanh') && types(n).includes('Relu'),
    ],
    ['shape arithmetic', ['Gather', 'Concat'], pattern('Gather', 'Concat')],
    ['a branch', ['If'], (n: readonly NodeProto[]) => types(n).includes('If')],
  ])('%s: nothing else is left', async (_, left, picks) => {
    const refuses = left.includes('Gather') ? 'not implemented' : undefined;
    const found = await foundOn(wrongAbout(picks, refuses));
    const { outcome, specimen: best, finding } = await reduceToolchainFault(found);
    expect(outcome).toBe('minimal');
    expect(finding).toMatchObject({ rule: refuses ? 'error' : 'result', fails: true });
    const nodes = decodeModel(modelBytes(best)).graph!.node;
    expect(types(nodes).filter((t) => t !== 'Constant')).toEqual(left);
    expect(importOnnxModel(modelBytes(best)).inputs).toEqual([...best.inputs.keys()]);
  });

  it('small in sizes and numbers, and nothing of the owner is left', async () => {
    const found = await foundOn(wrongAbout(pattern('Reshape', 'Mul')));
    const { specimen: best, size, redacted } = await reduceToolchainFault(found, { redact: true });
    expect(size).toMatchObject({ instructions: 2 });
    expect(size.elements).toBeLessThanOrEqual(4);
    expect(redacted).toEqual({ named: false, kept: [] });
    expect(Buffer.from(modelBytes(best)).toString('latin1')).not.toMatch(/secret|Reshape_r/);
  });

  it('goes on from its journal without a run', async () => {
    const journal = arrayJournal<Outcome>();
    const first = await reduceToolchainFault(
      await foundOn(wrongAbout(pattern('Tanh', 'Reshape'))),
      {
        journal,
      },
    );
    const toolchain = wrongAbout(pattern('Tanh', 'Reshape'));
    const found = await foundOn(toolchain);
    const before = toolchain.runs;
    const again = await reduceToolchainFault(found, { journal });
    expect(modelBytes(again.specimen)).toEqual(modelBytes(first.specimen));
    expect(toolchain.runs - before).toBe(1);
  });

  it('what another fault says is not the same one', async () => {
    const found = await foundOn(wrongAbout((n) => n.length > 3, 'too many nodes: 13'));
    const other = wrongAbout((n) => n.length > 3);
    const job = { ...found.job, toolchain: other };
    expect((await reduceToolchainFault({ ...found, job })).outcome).toBe('not failing');
  });
});

describe('a specimen', () => {
  it('has the same results as the file that it is of', () => {
    const own = importOnnxModel(modelBytes(specimen()));
    const given = importOnnxModel(bytes, { dims: { n: 3 } });
    const x = [inputs.get('secret')!];
    expect(runReference(own.module, x)).toEqual(runReference(given.module, x));
  });

  it('of any node alone runs on the values that the whole has there', () => {
    const { items, of } = nodesOf(specimen());
    for (const item of items) {
      const part = of([item])!;
      expect(types(graphOf(part).node).filter((t) => t !== 'Constant')).toEqual([item.opType]);
      const { module, cases } = gateInputOf(part);
      expect(() => runReference(module, cases[0]!.inputs)).not.toThrow();
    }
  });

  it('is the same after encoding and decoding', () => {
    const { model: own } = specimen();
    expect(decodeModel(encodeModel(own))).toEqual(
      decodeModel(encodeModel(decodeModel(encodeModel(own)))),
    );
  });

  it('says what is missing where an input has no value', () => {
    expect(() => modelSpecimen(bytes, {}, new Map())).toThrow(/input "secret" has no value/);
  });
});
