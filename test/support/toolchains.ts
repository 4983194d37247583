/**
 * A toolchain that does what the test says: a package in the form of onnxruntime-node whose graphs
 * are JSON that tells how to behave, and an npm that installs it from a folder.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach } from 'vitest';
import { recordFile } from '../../validator/toolchains/cache.ts';

/** What the fake library does when it loads a graph, or runs a case. */
export type Behaviour =
  | 'returns'
  | 'throws'
  | 'throws its path'
  | 'throws of an index'
  | 'throws of a divisor'
  | 'throws of lengths'
  | 'throws bad_alloc'
  | 'segfaults'
  | 'hangs'
  | 'waits'
  | 'exits'
  | 'floods'
  | 'allocates'
  | 'fills the heap'
  | 'returns nothing'
  | 'returns junk'
  | 'returns NaN'
  | 'returns more'
  | 'returns double'
  | 'is off by an ulp'
  | 'reshapes';

/** How a graph behaves: as it loads, and by case, of which the first number of x is the position. */
export interface FakeGraph {
  readonly load?: Behaviour;
  readonly cases?: readonly Behaviour[];
  /** Whatever the case. */
  readonly always?: Behaviour;
  /** Gives the options of the session instead. */
  readonly options?: true;
  /** The optimised graph that is saved, as base64; text that is none otherwise. */
  readonly optimized?: string;
  /** Other behaviour of versions. */
  readonly versions?: Readonly<Record<string, Omit<FakeGraph, 'versions'>>>;
}

/** Text that makes a graph of any format behave so, wherever it stands in the file. */
export function behaving(graph: FakeGraph): string {
  return `FAKE${Buffer.from(JSON.stringify(graph)).toString('base64')}EKAF`;
}

const library = `
const sleep = () => new Promise((done) => setTimeout(done, 1e6));
const acts = {
  returns: () => {},
  throws: () => { throw new Error('no kernel for op 7'); },
  'throws of an index': () => { throw new Error('Gather: indices element out of data bounds, idx=-370'); },
  'throws of a divisor': () => { throw new Error('running Mod node. Status Message: element_wise_ops.cc:2256 operator() Integer modulo by zero'); },
  'throws of lengths': () => { throw new Error('Invalid value/s in sequence_lens. All values must be >= 0 and <= seq_length. seq_length=1'); },
  'throws bad_alloc': () => { throw new Error('std::bad_alloc'); },
  segfaults: () => process.kill(process.pid, 'SIGSEGV') && sleep(),
  hangs: () => { for (;;); },
  waits: sleep,
  exits: () => process.exit(0),
  floods: () => { for (let k = 0; k < 3000; k++) { console.log('{"event":"done"}'.repeat(64)); console.error('x'.repeat(1024)); } },
  allocates: () => { const all = []; for (;;) all.push(Buffer.alloc(1 << 24, 1)); },
  'fills the heap': () => { const all = []; for (;;) all.push({ all: [all.length] }); },
};
class Tensor {
  constructor(type, data, dims) { Object.assign(this, { type, data, dims }); }
}
const InferenceSession = {
  async create(path, options) {
    const text = require('node:fs').readFileSync(path, 'utf8');
    const hidden = /FAKE(.*?)EKAF/.exec(text);
    const all = JSON.parse(hidden ? Buffer.from(hidden[1], 'base64').toString() : text);
    const graph = { ...all, ...all.versions?.[require('./package.json').version] };
    if (graph.load === 'throws its path') throw new Error('Load model from ' + path + ' failed');
    await acts[graph.load ?? 'returns']();
    if (options.optimizedModelFilePath) require('node:fs').writeFileSync(options.optimizedModelFilePath, graph.optimized === undefined ? 'optimised' : Buffer.from(graph.optimized, 'base64'));
    if (options.logSeverityLevel === 0) console.error('[I:onnxruntime] GraphTransformer Pad_Fusion modified: 1 with status: OK');
    return {
      outputNames: ['y'],
      async run({ x }) {
        const act = graph.cases?.[Number(x.data[0])] ?? graph.always ?? 'returns';
        if (act === 'returns nothing') return undefined;
        if (act === 'returns junk') return { y: { type: 'float32', dims: [7], data: x.data } };
        if (act === 'returns NaN') return { y: new Tensor(x.type, x.data.map(() => NaN), x.dims) };
        const changes = { 'returns more': (v) => v + 1, 'returns double': (v) => 2 * v, 'is off by an ulp': (v, k) => (k ? v * (1 + 2 ** -23) : v), reshapes: (v) => v };
        if (changes[act]) return { y: new Tensor(x.type, x.data.map(changes[act]), act === 'reshapes' ? [x.data.length, 1] : x.dims) };
        await acts[act]();
        return { y: graph.options ? new Tensor('uint8', Buffer.from(JSON.stringify(options)), [JSON.stringify(options).length]) : x };
      },
    };
  },
};
module.exports = { Tensor, InferenceSession };
`;

/** Puts the fake package into a folder, as npm would; without a binary for this machine if asked. */
export function writeFakePackage(folder: string, version: string, binary = true): void {
  const home = join(folder, 'node_modules', 'onnxruntime-node');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'onnxruntime-node', version }));
  writeFileSync(join(home, 'index.js'), library);
  if (!binary) return;
  const bin = join(home, 'bin', 'napi-v3', process.platform, process.arch);
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'onnxruntime_binding.node'), '');
}

/** Puts the fake package into a cache. */
export function fakeToolchain(cache: string, version: string, binary = true): void {
  const folder = join(cache, 'toolchains', 'onnxruntime-node', version);
  writeFakePackage(folder, version, binary);
  writeFileSync(join(folder, recordFile), JSON.stringify({ name: 'onnxruntime-node', version }));
}

/**
 * Puts a program `npm` before the real one on PATH until the test ends: a script of the shell that
 * runs in the folder to install into.
 */
export function fakeNpm(folder: string, script: string): void {
  const path = process.env.PATH;
  const file = join(folder, 'npm');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  process.env.PATH = `${folder}${delimiter}${path}`;
  restores.push(() => {
    process.env.PATH = path;
  });
}

const restores: (() => void)[] = [];

afterEach(() => {
  for (const restore of restores.splice(0)) restore();
});
