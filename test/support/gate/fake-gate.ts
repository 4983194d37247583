/** Gates over toolchains that do what the test says: jobs, and graphs in HLO with behaviour. */
import { widens } from '../../../graphs/ir/contract.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { gate } from '../../../validator/gate/gate.ts';
import type { GateInput, GateJob } from '../../../validator/gate/job.ts';
import type { GateRecord } from '../../../validator/gate/record.ts';
import { openToolchain } from '../../../validator/toolchains/toolchains.ts';
import { temporaryFolder } from '../temporary.ts';
import { type FakeGraph, fakeToolchain } from '../toolchains.ts';

/** y = x, so that what returns its input is right to the bit. */
export const identity = 'HloModule g\nENTRY e { x = f32[2] parameter(0) ROOT y = f32[2] copy(x) }';

/** y = x·3/3·5/5: four roundings of what is x. */
export const roundTrip = `HloModule g
ENTRY e {
  x = f32[2] parameter(0)
  three = f32[2] constant({3, 3})
  five = f32[2] constant({5, 5})
  a = f32[2] multiply(x, three)
  b = f32[2] divide(a, three)
  c = f32[2] multiply(b, five)
  ROOT y = f32[2] divide(c, five)
}`;

export interface FakeGate extends Partial<GateJob> {
  readonly text?: string;
  /** By name; the number of cases is that of `cases`, or 2. */
  readonly graph: Readonly<Record<string, FakeGraph>>;
  /** Versions under test and to compare with; 1.22.0 shows its optimised graph, 1.20.1 does not. */
  readonly version?: string;
  readonly base?: string;
  readonly input?: Partial<GateInput>;
}

export const own = '1.20.1';
export const other = '1.20.0';

/** Runs a gate of fakes. */
export function fakeGate({
  graph,
  text = identity,
  version = own,
  base,
  input,
  ...more
}: FakeGate): Promise<GateRecord> {
  const cache = temporaryFolder();
  for (const v of [version, base]) if (v) fakeToolchain(cache, v);
  const open = (v: string) => openToolchain(`onnxruntime-node@${v}`, { cache });
  return gate({
    version: '0.0.0',
    graphs: Object.entries(graph).map(([name, behaviour]) => ({
      graph: name,
      load: async () => ({ ...inputOf(behaviour, text), ...input }),
    })),
    toolchain: open(version),
    ...(base && { baseline: open(base) }),
    ...{ knobs: {}, contract: widens, seed: 1, runLimits: { seconds: 20, memory: 2 ** 30 } },
    allowed: { maxUndecided: 1, maxGrowth: null, suspect: false },
    replay: (name, c) => `assay gate ${name} ${c?.options ?? ''}`,
    ...more,
  });
}

function inputOf(behaviour: FakeGraph, text: string): GateInput {
  const n = Math.max(
    2,
    ...[behaviour, ...Object.values(behaviour.versions ?? {})].map((g) => g.cases?.length ?? 0),
  );
  return {
    module: parseModule(text),
    bytes: new TextEncoder().encode(JSON.stringify(behaviour)),
    names: { inputs: ['x'], outputs: ['y'] },
    cases: Array.from({ length: n }, (_, k) => ({
      name: `case-${k}`,
      inputs: [tensorOf('f32', [2], [k, Math.fround(0.3 + k)])],
      options: `--cases typical --seed ${k}`,
      kind: 'typical',
    })),
  };
}
