/**
 * Reduction: every planted fault of a pass, down to a graph of which nothing can go; resumed from its
 * journal, ended early, redacted.
 */
import { describe, expect, it } from 'vitest';
import { defaultCases } from '../../golden/cases.ts';
import { exact } from '../../graphs/ir/contract.ts';
import { entryOf, type Module } from '../../graphs/ir/module.ts';
import { leafTensors } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { zooModel } from '../../graphs/zoo/zoo.ts';
import { backendNamed } from '../../passes/backends.ts';
import type { Backend } from '../../passes/pipeline/pipeline.ts';
import { textPass } from '../../passes/text-pass.ts';
import { partsOf } from '../../validator/reduce/instructions.ts';
import {
  type FoundFault,
  faultOf,
  reduceFault,
  testOfFault,
} from '../../validator/reduce/pipeline-fault.ts';
import { arrayJournal } from '../../validator/search/journal.ts';
import type { Outcome } from '../../validator/search/subset-oracle.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';
import { faults, withFault } from '../faults/faults.ts';

/** The first finding of a backend on the default cases of a module. */
function foundOn(graph: string, module: Module, backend: Backend): FoundFault {
  const cases = defaultCases(module, 1).map((c) => sessionCase(c));
  const [finding] = validateGraph({ graph, module, backend, cases }).findings;
  const { inputs } = cases.find(({ name }) => name === finding!.case)!;
  return { backend, finding: finding!, specimen: { module, inputs } };
}

const version = 'test';

const planted = faults.map((fault) => {
  const backend = withFault(backendNamed(fault.backend)!, fault);
  return [fault.id, fault.title, fault, backend] as const;
});

describe.each(planted)('fault %s: %s', (_, __, fault, backend) => {
  it('comes down to a few instructions, none of which can go', { timeout: 120_000 }, async () => {
    const found = foundOn(fault.graph, zooModel(fault.graph).build({}), backend);
    expect(found.finding.pass).toBe(fault.pass.name);
    const { outcome, specimen, size, finding } = await reduceFault(found, { version });
    expect(outcome).toBe('minimal');
    expect(finding).toMatchObject({ pass: fault.pass.name, graph: 'reduced.hlo' });
    expect(size.instructions).toBeLessThanOrEqual(12);
    expect(verifyModule(specimen.module)).toEqual([]);
    const again = parseModule(printModule(specimen.module));
    const test = testOfFault(faultOf(found.finding), backend);
    expect(await test({ ...specimen, module: again })).toBe('fails');
    const { items, of } = partsOf(specimen);
    for (const item of items) {
      const rest = of(items.filter((other) => other !== item));
      expect(rest === undefined ? 'unresolved' : await test(rest), item.name).not.toBe('fails');
    }
  });
});

/** A loop around a tanh, which the pass takes for a logistic. */
const looped = parseModule(`HloModule secret_model
body { p = (s32[], f32[16,64], f32[64,64]) parameter(0) i = s32[] get-tuple-element(p), index=0
  x = f32[16,64] get-tuple-element(p), index=1 w = f32[64,64] get-tuple-element(p), index=2
  one = s32[] constant(1) j = s32[] add(i, one)
  y = f32[16,64] dot(x, w), lhs_contracting_dims={1}, rhs_contracting_dims={0}
  t = f32[16,64] tanh(y), metadata={op_name="secret/layer"} s = f32[16,64] add(t, x)
  ROOT r = (s32[], f32[16,64], f32[64,64]) tuple(j, s, w) }
cond { p = (s32[], f32[16,64], f32[64,64]) parameter(0) i = s32[] get-tuple-element(p), index=0
  n = s32[] constant(3) ROOT l = pred[] compare(i, n), direction=LT }
ENTRY e { x = f32[16,64] parameter(0) w = f32[64,64] parameter(1) z = s32[] constant(0)
  twice = f32[16,64] add(x, x) st = (s32[], f32[16,64], f32[64,64]) tuple(z, twice, w)
  loop = (s32[], f32[16,64], f32[64,64]) while(st), condition=cond, body=body
  ROOT o = f32[16,64] get-tuple-element(loop), index=1 }`);

const through = (from: string | RegExp, to: string): Backend => {
  const pass = textPass('mine', exact, (hlo) => hlo.replaceAll(from, to));
  return { name: 'mine', summary: '', pipeline: { name: 'mine', passes: [pass] } };
};

const wrongTanh = () => foundOn('looped', looped, through(/ tanh\(/g, ' logistic('));

describe('reduceFault', () => {
  it('goes into the body of a loop, to one number', async () => {
    const { specimen, size } = await reduceFault(wrongTanh(), { version });
    expect(size).toMatchObject({ instructions: 1, elements: 1 });
    expect(entryOf(specimen.module).instructions.map((i) => i.opcode)).toEqual([
      'parameter',
      'tanh',
    ]);
  });

  it('keeps what a broken pass says, and not what else breaks it', async () => {
    const backend = through(' tanh(', ' tan h(');
    const { specimen, finding } = await reduceFault(foundOn('looped', looped, backend), {
      version,
    });
    expect(finding).toMatchObject({ kind: 'broken' });
    expect(printModule(specimen.module)).toContain('tanh(');
    expect(entryOf(specimen.module).instructions).toHaveLength(2);
  });

  it('resumes from its journal: the same end, and nothing asked twice', async () => {
    const journal = arrayJournal<Outcome>();
    const found = wrongTanh();
    const early = await reduceFault(found, { version, journal, most: 7 });
    expect(early.outcome).toBe('limit');
    const asked = (await journal.read()).length;
    expect(asked).toBe(7);
    const resumed = await reduceFault(found, { version, journal });
    const whole = await reduceFault(found, { version });
    expect(resumed.outcome).toBe('minimal');
    expect(printModule(resumed.specimen.module)).toBe(printModule(whole.specimen.module));
    expect(resumed.questions).toBe(whole.questions);
    const keys = (await journal.read()).map(({ question }) => question);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBe(whole.questions);
  });

  it('gives the smallest so far when it is interrupted', async () => {
    const stop = new AbortController();
    const sizes: number[] = [];
    const { outcome, size, finding } = await reduceFault(wrongTanh(), {
      version,
      signal: stop.signal,
      onSmaller: (_, { instructions }) => {
        sizes.push(instructions);
        if (sizes.length === 2) stop.abort();
      },
    });
    expect(outcome).toBe('aborted');
    expect(size.instructions).toBe(sizes.at(-1));
    expect(finding).toMatchObject({ pass: 'mine', kind: 'region', verdict: 'beyond' });
  });

  it('says so where the case does not show the fault', async () => {
    const found = { ...wrongTanh(), backend: through('never', 'never') };
    expect((await reduceFault(found, { version })).outcome).toBe('not failing');
  });

  it('redacts names, notes and numbers', async () => {
    const { specimen, redacted, finding } = await reduceFault(wrongTanh(), {
      ...{ version, most: 3, redact: true },
    });
    expect(redacted).toEqual({ named: false, kept: [] });
    expect(finding).toMatchObject({ pass: 'mine', kind: 'region', verdict: 'beyond' });
    const text = printModule(specimen.module);
    expect(text).not.toMatch(/secret|loop|twice|metadata/);
    const { inputs } = wrongTanh().specimen;
    const own = new Set(inputs.flatMap(leafTensors).flatMap(({ data }) => [...data].map(String)));
    const left = specimen.inputs.flatMap(leafTensors).flatMap(({ data }) => [...data].map(String));
    expect(left.filter((x) => own.has(x) && !['0', '1'].includes(x))).toEqual([]);
  });
});
