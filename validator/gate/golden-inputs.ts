/** Recorded goldens as the cases of a gate: their inputs, their results, and those that are of no use. */
import { listGoldens, type Origin, readGolden, verifyGolden } from '../../golden/store/store.ts';
import { valuesFrom } from '../../golden/values.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, parametersOf, rootOf } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { originOf, stem } from '../goldens/goldens.ts';
import type { SessionCase } from '../validation/case.ts';
import type { BrokenGolden, GateInput } from './job.ts';

/** `softmax.typical-1`: what a golden is of, and its case. */
const goldenNames = /^(.+)\.([^.]+-\d+)$/;

/** The graphs that a folder has goldens of, and goldens of which nothing tells the graph. */
export function graphsIn(folder: string) {
  const graphs = new Map<string, string>();
  const broken = new Map<string, BrokenGolden>();
  for (const name of listGoldens(folder)) {
    const of = goldenNames.exec(name)?.[1] ?? name;
    try {
      graphs.set(of, readGolden(folder, name).manifest.graph);
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      broken.set(name, { name, why: error.message });
    }
  }
  const stray = [...broken.values()].filter(({ name }) => {
    return !graphs.has(goldenNames.exec(name)?.[1] ?? name);
  });
  return { graphs: [...new Set(graphs.values())], broken: stray };
}

/** The cases of a graph that a folder holds; `kinds` leaves out others. */
export function goldenInputs(
  folder: string,
  graph: string,
  module: Module,
  version: string,
  kinds?: readonly string[],
): Pick<GateInput, 'cases' | 'recorded' | 'broken'> {
  const origin = originOf(module, version);
  const own = listGoldens(folder).filter((name) => goldenNames.exec(name)?.[1] === stem(graph));
  const cases: SessionCase[] = [];
  const recorded = new Map<string, Value>();
  const broken: BrokenGolden[] = [];
  for (const name of own) {
    const read = readOne(folder, name, module, origin);
    if ('why' in read) broken.push(read);
    else if (!kinds || kinds.includes(read.case.kind!)) {
      cases.push(read.case);
      recorded.set(read.case.name, read.result);
    }
  }
  return { cases, recorded, broken };
}

function readOne(
  folder: string,
  name: string,
  module: Module,
  origin: Origin,
): BrokenGolden | { readonly case: SessionCase; readonly result: Value } {
  try {
    const status = verifyGolden(folder, name, origin);
    if (status.state !== 'good') return { name, why: status.diagnostic.message };
    const { manifest, tensors } = readGolden(folder, name);
    const entry = entryOf(module);
    const shapes = parametersOf(entry).map((p) => p.shape);
    const inputs = valuesFrom(tensors, 'arg', shapes, name);
    const [result] = valuesFrom(tensors, 'out', [rootOf(entry).shape], name);
    const { kind } = manifest;
    const caseName = goldenNames.exec(name)![2]!;
    return {
      case: { name: caseName, inputs, options: '', kind, why: 'recorded' },
      result: result!,
    };
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    return { name, why: error.message };
  }
}
