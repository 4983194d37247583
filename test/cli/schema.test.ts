/** schema/*.json is what the types say, and what `--json` prints has no field that it does not know. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import type { Documents } from '../../cli/documents.ts';
import { writeTensorFile } from '../../golden/store/files.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { assay } from '../support/cli.ts';
import { documentSchemas, type JsonSchema } from '../support/schema/from-types.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = resolve(import.meta.dirname, '../../schema');
const schemas = documentSchemas();

it('the files are those of the types; npm run schema writes them', () => {
  expect(readdirSync(folder).sort()).toEqual([...schemas.keys()].map((n) => `${n}.json`).sort());
  for (const [name, schema] of schemas) {
    expect(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))).toEqual(schema);
  }
});

const narrow = `HloModule m
ENTRY e {
  x = f32[4] parameter(0)
  y = f32[4] parameter(1)
  p = f32[4] multiply(x, y)
  h = f32[4] exponential(p)
  ROOT r = f32[4] add(h, y)
}
`;
const softmax = `HloModule softmax
add { a = f32[] parameter(0)
  b = f32[] parameter(1)
  ROOT s = f32[] add(a, b) }
ENTRY e {
  x = f32[2,4] parameter(0)
  w = f32[2,4] exponential(x)
  zero = f32[] constant(0)
  sum = f32[2] reduce(w, zero), dimensions={1}, to_apply=add
  all = f32[2,4] broadcast(sum), dimensions={0}
  ROOT p = f32[2,4] divide(w, all)
}
`;
const sharper = softmax.replace(
  'w = f32[2,4] exponential(x)',
  't = f32[2,4] add(x, x)\n  w = f32[2,4] exponential(t)',
);
const lossy = narrow.replace(
  'ROOT r = f32[4] add(h, y)',
  'n = bf16[4] convert(h)\n  w = f32[4] convert(n)\n  ROOT r = f32[4] add(w, y)',
);

/** A folder with modules, inputs and outputs; command lines name them from within. */
function place(): string {
  const here = temporaryFolder();
  writeFileSync(join(here, 'm.hlo'), narrow);
  writeFileSync(join(here, 'lossy.hlo'), lossy);
  writeFileSync(join(here, 'p.hlo'), softmax);
  writeFileSync(join(here, 'q.hlo'), sharper);
  const numbers = tensorOf('f32', [4], [1, 2, 0.5, -1]);
  writeTensorFile(
    join(here, 'in.safetensors'),
    new Map([
      ['arg0', numbers],
      ['arg1', numbers],
    ]),
  );
  writeTensorFile(join(here, 'out.safetensors'), new Map([['out0', numbers]]));
  mkdirSync(join(here, 'dump'));
  const state = (n: string, text: string) =>
    writeFileSync(join(here, `dump/module_0001.m.${n}.txt`), text);
  state('0000.pipeline-start.before_pipeline.after_pipeline-start.before_pass', narrow);
  state('before_optimizations', narrow);
  state('after_optimizations', lossy);
  return here;
}

/** Documents that can be made without an outside compiler, by command lines that lead to them. */
const lines: Partial<Record<keyof Documents, readonly string[]>> = {
  check: ['check', 'm.hlo', '--inputs', 'in.safetensors', '--outputs', 'out.safetensors'],
  compare: ['compare', 'p.hlo', 'q.hlo', '--cases', 'typical', '--distribution', '0'],
  conformance: ['conformance', 'hlo', '.'],
  convert: ['convert', 'm.hlo', 'm.dot'],
  dump: ['dump', 'dump'],
  error: ['parse', '--frob'],
  explain: ['explain', 'suspect'],
  gate: ['gate', '--goldens', 'goldens'],
  'golden-list': ['golden', 'list', 'goldens'],
  'golden-record': ['golden', 'record', 'm.hlo', '--out', 'goldens'],
  list: ['list', 'flags'],
  parse: ['parse', 'm.hlo', 'dump'],
  promote: ['promote', 'report.json'],
  reduce: ['reduce', 'm.hlo', '--through', 'sed s/multiply/subtract/', '--out', 'reduced'],
  run: ['run', 'm.hlo', '--mode', 'exact'],
  toolchain: ['toolchain', 'list', '--cache', 'cache'],
  validate: ['validate', 'm.hlo', '--through', 'sed s/multiply/subtract/'],
};

/** What must have been run before. */
const before: Partial<Record<keyof Documents, readonly (keyof Documents)[]>> = {
  gate: ['golden-record'],
  'golden-list': ['golden-record'],
  promote: ['validate'],
};

describe('real documents', () => {
  it.each(Object.keys(lines) as (keyof Documents)[])('%s', async (name) => {
    const here = place();
    const cwd = process.cwd();
    process.chdir(here);
    try {
      for (const first of before[name] ?? []) {
        writeFileSync('report.json', (await assay([...lines[first]!, '--json'])).stdout);
      }
      const { stdout, stderr } = await assay([...lines[name]!, '--json']);
      expect(stdout, stderr).not.toBe('');
      if (name !== 'error') expect(JSON.parse(stdout).error).toBeUndefined();
      const validate = new Ajv({ allErrors: true }).compile(closed(schemas.get(name)!));
      validate(JSON.parse(stdout));
      expect(validate.errors ?? []).toEqual([]);
    } finally {
      process.chdir(cwd);
    }
  });

  it('a document of another version, or with a field too few, is none', () => {
    const validate = new Ajv().compile(schemas.get('convert')!);
    const document = { schemaVersion: 1, in: 'a', out: 'b', instructions: 3 };
    expect(validate(document)).toBe(true);
    expect(validate({ ...document, schemaVersion: 2 })).toBe(false);
    expect(validate({ schemaVersion: 1, in: 'a', out: 'b' })).toBe(false);
  });
});

/** The schema with every object of its definitions closed: a field that it does not tell is an error. */
function closed(schema: JsonSchema): JsonSchema {
  const close = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(close);
    if (typeof part !== 'object' || part === null) return part;
    const own = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, close(value)]));
    return own.type === 'object' && own.properties && !('additionalProperties' in own)
      ? { ...own, additionalProperties: false }
      : own;
  };
  return close(schema) as JsonSchema;
}
