/**
 * Modules of a few lines that ask for more than a machine has: each is refused before anything of it is
 * allocated, by the name of what is too large, its size, and the option that lets it pass.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';
import { runExact } from '../../validator/exact/run.ts';
import { admit } from '../../validator/limits/admit.ts';
import { defaultLimits, defaultMaxWork } from '../../validator/limits/limits.ts';
import { LoopMeter } from '../../validator/limits/loop-meter.ts';
import { exactWidth, peakOf, referenceWidth } from '../../validator/limits/memory.ts';
import { runReference } from '../../validator/reference/run.ts';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const entry = (body: string, before = '') => `HloModule m\n${before}\nENTRY e {\n${body}\n}\n`;
const many = (n: number, line: (k: number) => string) =>
  Array.from({ length: n }, (_, k) => line(k)).join('\n');

const doubling = (n: number) =>
  `f0 {\n  ROOT p = f32[] parameter(0)\n}\n${many(
    n,
    (k) =>
      `f${k + 1} {\n  p = f32[] parameter(0)\n  a = f32[] call(p), to_apply=f${k}\n  ROOT b = f32[] call(a), to_apply=f${k}\n}`,
  )}`;
const chain = (n: number) =>
  `f0 {\n  ROOT p = f32[] parameter(0)\n}\n${many(
    n,
    (k) => `f${k + 1} {\n  p = f32[] parameter(0)\n  ROOT a = f32[] call(p), to_apply=f${k}\n}`,
  )}`;
const add =
  'add {\n  x = f32[] parameter(0)\n  y = f32[] parameter(1)\n  ROOT s = f32[] add(x, y)\n}';

/** A module, what is said of it, and the option that it is said with. */
const bombs: Readonly<Record<string, readonly [string, RegExp, RegExp?]>> = {
  'an array beyond counting': [
    entry('  z = f32[] constant(0)\n  ROOT b = f32[100000,100000] broadcast(z), dimensions={}'),
    /%b \(broadcast\) f32\[100000,100000\]: about 1\.0e\+10 elements/,
    /--max-elements/,
  ],
  'a parameter that nobody reads': [
    entry('  x = f32[16384,16384] parameter(0)\n  ROOT c = f32[] constant(0)'),
    /%x \(parameter\).*of memory/,
    /--max-memory/,
  ],
  'a product of large matrices': [
    entry(
      '  a = f32[4096,4096] parameter(0)\n  ROOT d = f32[4096,4096] dot(a, a), lhs_contracting_dims={1}, rhs_contracting_dims={0}',
    ),
    /%d \(dot\).*operations/,
    /--max-work/,
  ],
  'calls that double': [
    entry('  x = f32[] parameter(0)\n  ROOT r = f32[] call(x), to_apply=f60', doubling(60)),
    /%r \(call\).*operations/,
    /--max-work/,
  ],
  'calls nested without end': [
    entry('  x = f32[] parameter(0)\n  ROOT r = f32[] call(x), to_apply=f2000', chain(2000)),
    /calls nested more than 500 deep/,
  ],
  'a window of billions': [
    entry(
      '  a = f32[10] parameter(0)\n  z = f32[] constant(0)\n  ROOT w = f32[1] reduce-window(a, z), window={size=9000000001 lhs_dilate=1000000000}, to_apply=add',
      add,
    ),
    /%w \(reduce-window\).*a window of 9\.0e\+9 elements/,
  ],
};

describe.each(Object.entries(bombs))('%s', (_, [text, what, flag = /./]) => {
  it('is refused by every command that would run it', async () => {
    const file = join(temporaryFolder(), 'bomb.hlo');
    writeFileSync(file, text);
    const lines = [
      ['run', file],
      ['run', file, '--mode', 'exact'],
      ['validate', file],
      ['compare', file, file],
    ];
    for (const line of lines) {
      const { exitCode, stderr } = await assay([...line, '--max-memory', '768MiB']);
      expect([exitCode, stderr]).toEqual([2, expect.stringMatching(what)]);
      expect(stderr).toMatch(flag);
      expect(stderr).toContain('[run/too-large]');
    }
    expect((await assay(['parse', file])).exitCode).toBe(0);
  });
});

it('a dump tells of a state that is too large, and judges the others', async () => {
  const folder = temporaryFolder();
  const [text] = bombs['an array beyond counting']!;
  writeFileSync(join(folder, 'module_0001.m.before_optimizations.txt'), text);
  const { exitCode, stdout } = await assay(['dump', folder]);
  expect(exitCode).toBe(2);
  expect(stdout).toMatch(/%b \(broadcast\).*--max-elements/);
});

it('options raise the bounds and stand in --help', async () => {
  const file = join(temporaryFolder(), 'm.hlo');
  writeFileSync(file, entry('  x = f32[64] parameter(0)\n  ROOT r = f32[64] negate(x)'));
  for (const [flag, low, high] of [
    ['--max-elements', '32', '64'],
    ['--max-work', '100', '100000'],
    ['--max-memory', '1KiB', '64KiB'],
  ] as const) {
    expect((await assay(['run', file, flag, low])).exitCode).toBe(2);
    expect((await assay(['run', file, flag, high])).exitCode).toBe(0);
    for (const command of ['run', 'compare', 'validate', 'dump']) {
      expect((await assay([command, '--help'])).stdout).toContain(flag);
    }
  }
});

it('what the zoo needs lies far below the bounds', () => {
  const bounds = { ...defaultLimits, maxWork: defaultMaxWork / 1000, maxMemory: 2 ** 28 };
  for (const { build } of zoo) admit(build(), bounds, { mode: 'verdict', cases: 8 });
});

describe('the peak of memory', () => {
  const text = entry(`  x = f32[100] parameter(0)
  a = f32[100] negate(x)
  b = f32[100] negate(a)
  c = f16[100] convert(b)
  ROOT d = f32[50] slice(b), slice={[0:50]}`);

  it('counts what is alive together, at the width that it is held in', () => {
    const { bytes, largest } = peakOf(parseModule(text), referenceWidth);
    expect(bytes).toBe(800);
    expect(largest!.name).toBe('a');
    expect(peakOf(parseModule(text), exactWidth).bytes).toBe(5000);
  });

  it('of a loop is that of its body beside what is alive outside', () => {
    const loop = `HloModule m
c {
  p = f32[100] parameter(0)
  ROOT t = pred[] constant(false)
}
b {
  p = f32[100] parameter(0)
  n = f32[100] negate(p)
  ROOT m = f32[100] negate(n)
}
ENTRY e {
  x = f32[100] parameter(0)
  y = f32[100] negate(x)
  ROOT w = f32[100] while(y), condition=c, body=b
}`;
    expect(peakOf(parseModule(loop), referenceWidth).bytes).toBe(1600);
  });
});

describe('loops inside loops', () => {
  const nested = (n: number) => `HloModule m
c {
  p = s32[] parameter(0)
  n = s32[] constant(${n})
  ROOT t = pred[] compare(p, n), direction=LT
}
b0 {
  p = s32[] parameter(0)
  k = s32[] constant(1)
  ROOT q = s32[] add(p, k)
}
b1 {
  p = s32[] parameter(0)
  z = s32[] constant(0)
  w = s32[] while(z), condition=c, body=b0
  k = s32[] constant(1)
  ROOT q = s32[] add(p, k)
}
ENTRY e {
  z = s32[] constant(0)
  ROOT w = s32[] while(z), condition=c, body=b1
}`;

  it('are counted together', () => {
    const limits = { maxIterations: 100, maxElements: 10 };
    const run = (n: number) => runReference(parseModule(nested(n)), [], { limits });
    expect(() => run(13)).not.toThrow();
    for (const mode of [run, (n: number) => runExact(parseModule(nested(n)), [], { limits })]) {
      expect(() => mode(99)).toThrow(/loops inside loops took 200 iterations/);
      expect(() => mode(101)).toThrow(/still runs after 100 iterations/);
    }
  });

  it('end where their turns come to more work than is allowed', () => {
    const limits = { maxIterations: 1000, maxElements: 10, maxWork: 40 * 128 };
    for (const run of [runReference, runExact] as const) {
      expect(() => run(parseModule(nested(999)), [], { limits })).toThrow(/--max-work 5120/);
    }
  });

  it('one after the other are not', () => {
    const meter = new LoopMeter();
    const limits = { maxIterations: 10, maxElements: 1 };
    const loop = (n: number) =>
      meter.run(limits, 1, (turn) => {
        for (let k = 0; k < n; k++) turn(k);
      });
    for (let k = 0; k < 5; k++) loop(10);
    expect(() => loop(11)).toThrow(AssayError);
  });
});
