/**
 * The memory of a run against the live set of its module. After every instruction the bytes of all
 * array buffers are read, with whatever scratch the op has left; garbage is collected whenever a
 * quarter of the live set is in use. So the highest reading is an upper bound of what a run needs.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { generateCase } from '../../golden/cases.ts';
import { ModuleBuilder } from '../../graphs/build/builder.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { leafTensors, type Value } from '../../graphs/ir/tensor.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import type { Watch } from '../../validator/reference/live-values.ts';
import { runReference } from '../../validator/reference/run.ts';
import { corpora, corpus } from '../support/corpora.ts';
import { liveSet } from './live-set.ts';
import { ratio, row } from './timing.ts';

const mb = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;

/** Prints the table; blazeface where the corpora are. */
export async function benchMemory(): Promise<void> {
  row('memory', 'live set', 'ours', 'ours / live', 'exact / live');
  for (const model of zoo) measure(model.name, model.build());
  measure('chain of 32 ops on 4 MB', chain(32, 1024));
  const tfjs = corpora && (await import('../support/tfjs.ts').catch(() => undefined));
  if (!tfjs) process.stdout.write('  blazeface: skipped, the corpora or tfjs are absent\n');
  else measure('blazeface', tfjs.importOf(tfjs.tfjsModelOf(corpus('models', blazeface))));
}

const blazeface = 'tfjs-human/blazeface.json';

function measure(name: string, module: Module): void {
  const { inputs } = generateCase(module, 'typical', 1);
  const live = liveSet(module);
  const kept = bytesOf([...inputs, ...literalsOf(module)]);
  const ours = kept + highest(live, (watch) => runReference(module, inputs, { watch }));
  const lifted = inputs.map(fromPlainValue);
  const exact = kept + highest(live, (watch) => runExact(module, lifted, { watch }));
  row(`  ${name}`, mb(live), mb(ours), ratio(ours, live), ratio(exact, live));
}

/** The most bytes of array buffers above those before the run. */
function highest(live: number, run: (watch: Watch) => unknown): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  run(() => {
    const now = process.memoryUsage().arrayBuffers - before;
    most = Math.max(most, now);
    if (now > live / 4) collect();
  });
  return most;
}

function literalsOf(module: Module): Value[] {
  return [...module.computations.values()].flatMap((c) =>
    c.instructions.flatMap((i) =>
      i.opcode === 'constant' && i.attrs.literal.kind !== 'elided' ? [i.attrs.literal] : [],
    ),
  );
}

function bytesOf(values: readonly Value[]): number {
  const arrays = new Set(values.flatMap(leafTensors).map((t) => t.data));
  return [...arrays].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Ops one after another on large arrays, each read once. */
function chain(length: number, size: number): Module {
  return new ModuleBuilder('chain').entry((b) => {
    let x = b.parameter('x', arrayShape('f32', [size, size]));
    for (let k = 0; k < length; k++) x = b.op(k % 2 ? 'abs' : 'negate', [x]);
    return x;
  });
}
