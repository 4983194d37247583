/**
 * Modules that fit together but for a type or a size: each is refused by the label of what is wrong,
 * or computed as it is written, rounding included; none is computed as if it were another module.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rounder } from '../../graphs/ir/rounding.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { backends } from '../../passes/backends.ts';
import { runPipeline } from '../../passes/pipeline/runner.ts';
import { runReference } from '../../validator/reference/run.ts';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const entry = (body: string, before = '') => `HloModule m\n${before}\nENTRY e {\n${body}\n}\n`;
const x = '  x = f32[16] parameter(0)\n';
const negation = 'f {\n  p = f32[4] parameter(0)\n  ROOT q = f32[4] negate(p)\n}';
const y = '  x = f32[4] parameter(0)\n';

const refused: Readonly<Record<string, readonly [string, string]>> = {
  'a copy of another type': [entry(`${x}  ROOT c = bf16[16] copy(x)`), 'verify/copy_c1'],
  'a wider copy': [
    entry('  x = bf16[4] parameter(0)\n  ROOT c = f32[4] copy(x)'),
    'verify/copy_c1',
  ],
  'a reshape': [entry(`${x}  ROOT c = bf16[4,4] reshape(x)`), 'verify/reshape_c1'],
  'a slice': [entry(`${x}  ROOT c = f16[8] slice(x), slice={[0:8]}`), 'verify/slice_c1'],
  'a broadcast': [
    entry(`${x}  ROOT c = bf16[16,2] broadcast(x), dimensions={0}`),
    'verify/broadcast_c1',
  ],
  'a reverse': [entry(`${x}  ROOT c = f64[16] reverse(x), dimensions={0}`), 'verify/reverse_c1'],
  'a pad': [
    entry(`${x}  z = f32[] constant(0)\n  ROOT c = bf16[17] pad(x, z), padding=0_1`),
    'verify/pad_c1',
  ],
  'a dynamic slice': [
    entry(
      `${x}  i = s32[] constant(1)\n  ROOT c = bf16[4] dynamic-slice(x, i), dynamic_slice_sizes={4}`,
    ),
    'verify/dynamic_slice_c1',
  ],
  'a selection': [
    entry(
      `${x}  p = pred[16] parameter(1)\n  b = bf16[16] parameter(2)\n  ROOT c = bf16[16] select(p, x, b)`,
    ),
    'verify/result-shape',
  ],
  'a fusion': [
    entry(`${y}  ROOT r = f64[4] fusion(x), kind=kLoop, calls=f`, negation),
    'verify/result-shape',
  ],
  'a call': [entry(`${y}  ROOT r = f64[4] call(x), to_apply=f`, negation), 'verify/result-shape'],
  'a tuple': [entry(`${y}  ROOT r = (f64[4]) tuple(x)`), 'verify/result-shape'],
  'an element of a tuple': [
    entry('  x = (f32[4]) parameter(0)\n  ROOT r = f64[4] get-tuple-element(x), index=0'),
    'verify/result-shape',
  ],
  'a map': [
    entry(
      `${y}  ROOT r = f32[4] map(x), dimensions={0}, to_apply=g`,
      'g {\n  p = f32[] parameter(0)\n  ROOT q = f64[] convert(p)\n}',
    ),
    'verify/result-shape',
  ],
  'an all-reduce': [
    entry(
      `${y}  ROOT r = bf16[4] all-reduce(x), replica_groups={}, to_apply=g`,
      'g {\n  p = f32[] parameter(0)\n  q = f32[] parameter(1)\n  ROOT s = f32[] add(p, q)\n}',
    ),
    'verify/all_reduce_c1',
  ],
  'a dot of 64-bit integers and floats': [
    entry('  a = s64[4] parameter(0)\n  b = f32[4] parameter(1)\n  ROOT d = f32[4,4] dot(a, b)'),
    'verify/dot_x4',
  ],
  'a layout that names a dimension twice': [
    entry('  ROOT x = f32[2,3]{0,0} parameter(0)'),
    'verify/layout',
  ],
  'a layout of dimensions that there are not': [
    entry('  ROOT x = f32[2,3]{7,9} parameter(0)'),
    'verify/layout',
  ],
  'a placement without an operand': [
    entry('  ROOT r = f32[] custom-call(), custom_call_target="MoveToDevice"'),
    'verify/custom_call_x4',
  ],
  'a sharding of another type': [
    entry(`${y}  ROOT r = s32[4] custom-call(x), custom_call_target="Sharding"`),
    'verify/custom_call_x5',
  ],
  'a layout constraint of other sizes': [
    entry(`${y}  ROOT r = f32[2,2] custom-call(x), custom_call_target="LayoutConstraint"`),
    'verify/custom_call_x6',
  ],
  'a top-k of other types': [
    entry(
      '  x = u64[9] parameter(0)\n  ROOT r = (f32[3], s32[3]) custom-call(x), custom_call_target="TopK"',
    ),
    'verify/custom_call_x7',
  ],
  'a top-k of more than there are': [
    entry(`${y}  ROOT r = (f32[5], s32[5]) custom-call(x), custom_call_target="TopK"`),
    'verify/custom_call_x8',
  ],
  'an infinity of f8e8m0fnu': [
    entry('  ROOT c = f8e8m0fnu[1] constant({inf})'),
    'parse/out-of-range',
  ],
  'an infinity of f8e4m3fn': [entry('  ROOT c = f8e4m3fn[] constant(-inf)'), 'parse/out-of-range'],
  'a NaN of f4e2m1fn': [entry('  ROOT c = f4e2m1fn[] constant(nan)'), 'parse/out-of-range'],
};

describe.each(Object.entries(refused))('%s', (_, [text, label]) => {
  it('is refused with its label and place', async () => {
    const file = join(temporaryFolder(), 'm.hlo');
    writeFileSync(file, text);
    for (const line of [
      ['run', file],
      ['validate', file],
      ['compare', file, file],
    ]) {
      const { exitCode, stderr } = await assay(line);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`[${label}]`)]);
      expect(stderr).toMatch(/m\.hlo:\d+:\d+: /);
    }
  });
});

it('dots of narrow integers of two widths are XLA’s, and run', () => {
  const text = entry(
    '  a = s8[3] parameter(0)\n  b = s16[3] parameter(1)\n  ROOT d = s32[] dot(a, b), lhs_contracting_dims={0}, rhs_contracting_dims={0}',
  );
  const module = parseModule(text);
  expect(verifyModule(module)).toEqual([]);
  const inputs = [tensorOf('s8', [3], [1, -2, 3]), tensorOf('s16', [3], [100, 200, 300])];
  expect(runReference(module, inputs)).toMatchObject({ data: Int32Array.of(600) });
});

describe('a reduction whose reducer is narrower than what it reads', () => {
  const reducer =
    'f {\n  p = bf16[] parameter(0)\n  q = bf16[] parameter(1)\n  ROOT s = bf16[] add(p, q)\n}';
  const values = Array.from({ length: 9 }, (_, k) => Math.fround(1 / (k + 3)));
  const bf16 = rounder('bf16');
  const sum = (list: readonly number[]) => list.map(bf16).reduce((a, b) => bf16(a + b), 0);

  it.each(['f32', 'bf16', 'f16'] as const)('rounds to its types on the way to %s', (type) => {
    const text = entry(
      `  x = f32[9] parameter(0)\n  z = bf16[] constant(0)\n  ROOT r = ${type}[] reduce(x, z), dimensions={0}, to_apply=f`,
      reducer,
    );
    const result = runReference(parseModule(text), [tensorOf('f32', [9], values)]);
    expect(result).toMatchObject({ data: Float32Array.of(rounder(type)(sum(values))) });
  });

  it('does so in windows, too', () => {
    const text = entry(
      '  x = f32[9] parameter(0)\n  z = bf16[] constant(0)\n  ROOT r = f16[7] reduce-window(x, z), window={size=3}, to_apply=f',
      reducer,
    );
    const want = Array.from({ length: 7 }, (_, k) => rounder('f16')(sum(values.slice(k, k + 3))));
    const result = runReference(parseModule(text), [tensorOf('f32', [9], values)]);
    expect(result).toMatchObject({ data: Float32Array.from(want) });
  });

  it.each(backends)('passes of $name leave it alone or right', ({ pipeline }) => {
    const text = entry(
      '  x = bf16[8,9] parameter(0)\n  z = bf16[] constant(0)\n  r = f16[8] reduce(x, z), dimensions={1}, to_apply=f\n  ROOT d = f16[8] divide(r, r)',
      reducer,
    );
    expect(
      runPipeline(parseModule(text), pipeline, { verify: verifyModule }).broken,
    ).toBeUndefined();
  });
});

describe('text of numbers', () => {
  it('next to 2^53 is read as it stands', () => {
    for (const n of [2 ** 53 - 1, 2 ** 53 - 9, 9007199254740983, 2 ** 52 + 1]) {
      const printed = printModule(parseModule(entry(`  ROOT x = f32[0,${n}] parameter(0)`)));
      expect(printed).toContain(`f32[0,${n}] parameter(0)`);
    }
    expect(() => parseModule(entry(`  ROOT x = f32[0,9007199254740993] parameter(0)`))).toThrow(
      /beyond 2\^53/,
    );
  });

  it('of one f8e8m0fnu value for an array comes back', () => {
    for (const count of [3, 5000]) {
      const module = parseModule(entry(`  ROOT c = f8e8m0fnu[${count}] constant(2)`));
      const printed = printModule(module);
      expect(printModule(parseModule(printed))).toBe(printed);
      const { data } = runReference(module, []) as { data: Float32Array };
      expect([data[0], data[1]]).toEqual([2, 2 ** -127]);
    }
  });

  it('says −0 in text and JSON', async () => {
    const file = join(temporaryFolder(), 'm.hlo');
    writeFileSync(file, entry('  ROOT c = f32[2] constant({-0.0, 0})'));
    expect((await assay(['run', file])).stdout).toMatch(/f32\[2\] +-0 {2}0\n/);
    const { stdout } = await assay(['run', file, '--json']);
    expect(JSON.parse(stdout).outputs[0].values).toEqual(['-0', 0]);
  });
});
