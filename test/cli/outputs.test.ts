/** What commands write: results and radii, atomically, through devices and pipes; refusals. */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTensorFile } from '../../golden/store/files.ts';
import { readSafetensors } from '../../golden/store/safetensors.ts';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const quotient = `HloModule m
ENTRY e {
  x = f32[4] parameter(0)
  y = f32[4] parameter(1)
  ROOT r = f32[4] divide(x, y)
}
`;

/** A folder with the module in m.hlo. */
function folderWith(text: string): { readonly folder: string; readonly file: string } {
  const folder = temporaryFolder();
  const file = join(folder, 'm.hlo');
  writeFileSync(file, text);
  return { folder, file };
}

describe('assay run --mode exact --out', () => {
  it('writes the radii under the name of each output', async () => {
    const { folder, file } = folderWith(quotient);
    const out = join(folder, 'out.safetensors');
    const run = await assay(['run', file, '--mode', 'exact', '--out', out, '--json']);
    expect(run.exitCode).toBe(0);
    const [{ radii }] = JSON.parse(run.stdout).outputs;
    const { tensors } = readTensorFile(out);
    expect([...tensors.keys()].sort()).toEqual([
      'out0',
      'out0.likely',
      'out0.undecided',
      'out0.worst',
    ]);
    expect([...tensors.get('out0.worst')!.data]).toEqual(radii.worst);
    expect([...tensors.get('out0.likely')!.data]).toEqual(radii.likely);
    expect([...tensors.get('out0.undecided')!.data]).toEqual([0, 0, 0, 0]);
    expect(tensors.get('out0.worst')!.shape).toMatchObject({ type: 'f64', dims: [4] });
  });

  it('gives both parts of complex numbers radii, and zeros where nothing rounds', async () => {
    const { folder, file } = folderWith(`HloModule m
ENTRY e {
  x = f32[2] constant({3, 7})
  y = f32[2] constant({0.3, 2})
  q = f32[2] divide(y, x)
  c = c64[2] complex(x, q)
  ROOT t = (c64[2], f32[2]) tuple(c, x)
}
`);
    const out = join(folder, 'out.safetensors');
    expect((await assay(['run', file, '--mode', 'exact', '--out', out])).exitCode).toBe(0);
    const { tensors } = readTensorFile(out);
    expect(tensors.get('out0.worst')!.shape.dims).toEqual([2, 2]);
    expect([...tensors.get('out0.worst')!.data].map((r) => Number(r) > 0)).toEqual([
      ...[false, true, false, true],
    ]);
    expect([...tensors.get('out1.worst')!.data]).toEqual([0, 0]);
  });

  it('marks what is undecided', async () => {
    const { folder, file } = folderWith(`HloModule m
ENTRY e {
  a = f32[] constant(0)
  b = f32[] constant(1)
  ROOT r = f32[2] rng(a, b), distribution=rng_normal
}
`);
    const out = join(folder, 'out.safetensors');
    await assay(['run', file, '--mode', 'exact', '--out', out]);
    const marks = readTensorFile(out).tensors.get('out0.undecided')!;
    expect([marks.shape.type, ...marks.data]).toEqual(['pred', 1, 1]);
  });
});

describe('the progress of a run', () => {
  it('is shown on a terminal and taken away', async () => {
    const { file } = folderWith(quotient);
    const { stderr } = await assay(['run', file], true);
    expect(stderr).toContain(`${file}: running 3 instructions`);
    expect(stderr.endsWith('\r\x1b[2K')).toBe(true);
  });

  it('is not shown with --quiet, nor where no terminal is', async () => {
    const { file } = folderWith(quotient);
    expect((await assay(['run', file, '--quiet'], true)).stderr).toBe('');
    expect((await assay(['run', file])).stderr).toBe('');
  });
});

/** The commands that write a file, and an extension that both take. */
const writers = [
  ['run', (file: string, out: string) => ['run', file, '--out', out]],
  ['convert', (file: string, out: string) => ['convert', file, out]],
] as const;

describe.each(writers)('%s', (_, argv) => {
  it('replaces a file, keeps its permissions and leaves nothing beside it', async () => {
    const { folder, file } = folderWith(quotient);
    const out = join(folder, 'out.hlo');
    writeFileSync(out, 'old');
    chmodSync(out, 0o600);
    expect((await assay(argv(file, out))).exitCode).toBe(0);
    expect(readFileSync(out).length).toBeGreaterThan(3);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['m.hlo', 'out.hlo']);
  });

  it.each([
    ['that is there', true],
    ['that is not there yet', false],
  ])('writes what a link leads to %s, and keeps the link', async (_, exists) => {
    const { folder, file } = folderWith(quotient);
    const [link, target] = [join(folder, 'link.hlo'), join(folder, 'below/target.hlo')];
    mkdirSync(join(folder, 'below'));
    if (exists) writeFileSync(target, 'old');
    symlinkSync('below/target.hlo', link);
    expect((await assay(argv(file, link))).exitCode).toBe(0);
    expect(readlinkSync(link)).toBe('below/target.hlo');
    expect(readFileSync(target).length).toBeGreaterThan(3);
  });

  it.skipIf(process.platform === 'win32')('writes through a pipe', async () => {
    const { folder, file } = folderWith(quotient);
    const pipe = join(folder, 'pipe.hlo');
    execFileSync('mkfifo', [pipe]);
    const reader = spawn('cat', [pipe]);
    const chunks: Buffer[] = [];
    reader.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const ended = new Promise((resolve) => reader.on('close', resolve));
    expect((await assay(argv(file, pipe))).exitCode).toBe(0);
    await ended;
    expect(Buffer.concat(chunks).length).toBeGreaterThan(50);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });

  const full = statSync('/dev/full', { throwIfNoEntry: false })?.isCharacterDevice() === true;
  it.skipIf(!full)('says that a device is full, and leaves it a device', async () => {
    const { folder, file } = folderWith(quotient);
    const link = join(folder, 'full.hlo');
    symlinkSync('/dev/full', link);
    for (const out of argv('', '')[0] === 'run' ? ['/dev/full', link] : [link]) {
      const { exitCode, stderr } = await assay(argv(file, out));
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/full.* cannot be written: the disk is full \[file\/enospc\]/);
    }
    expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it('refuses a loop of links', async () => {
    const { folder, file } = folderWith(quotient);
    const [a, b] = [join(folder, 'a.hlo'), join(folder, 'b.hlo')];
    symlinkSync(a, b);
    symlinkSync(b, a);
    const { exitCode, stderr } = await assay(argv(file, a));
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 });
    expect(stderr).toContain('[file/eloop]');
  });
});

it('what is written to a pipe is a whole file', async () => {
  const { folder, file } = folderWith(quotient);
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = spawn('cat', [pipe]);
  const chunks: Buffer[] = [];
  reader.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => reader.on('close', resolve));
  await assay(['run', file, '--out', pipe]);
  await ended;
  const { tensors } = readSafetensors(new Uint8Array(Buffer.concat(chunks)), pipe);
  expect([...tensors.keys()]).toEqual(['out0']);
});

describe('bad input is never a fault of ours', () => {
  it.each([
    ['run', (a: string) => ['run', a]],
    ['parse', (a: string) => ['parse', a]],
    ['compare', (a: string, b: string) => ['compare', b, a]],
    ['validate', (a: string) => ['validate', a]],
    ['dump', (a: string) => ['dump', a]],
    ['convert', (a: string, b: string) => ['convert', a, `${b}.dot`]],
    ['conformance', (a: string) => ['conformance', 'hlo', a]],
    ['recorded inputs', (a: string, b: string) => ['run', b, '--inputs', a]],
  ] as const)('a loop of links: %s', async (_, argv) => {
    const { folder, file } = folderWith(quotient);
    const [a, b] = [join(folder, 'a.hlo'), join(folder, 'b.hlo')];
    symlinkSync(a, b);
    symlinkSync(b, a);
    const { exitCode, stderr } = await assay(argv(a, file));
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 });
    expect(stderr).toContain('[file/eloop]');
  });

  const huge = 'f32[100000,100000]';
  const ofHuge = (body: string) => `HloModule m\nENTRY e {\n${body}\n}\n`;
  const asParameter = ofHuge(`  big = ${huge} parameter(0)\n  ROOT r = ${huge} negate(big)`);
  const inside = ofHuge(
    `  x = f32[] parameter(0)\n  b = ${huge} broadcast(x), dimensions={}\n  ROOT r = ${huge} negate(b)`,
  );

  it.each([
    ['run', (a: string) => ['run', a]],
    ['run exactly', (a: string) => ['run', a, '--mode', 'exact']],
    ['compare', (a: string) => ['compare', a, a.replace('m.hlo', 'n.hlo')]],
    ['validate', (a: string) => ['validate', a, '--backend', 'cpu']],
    ['dump', (a: string) => ['dump', a.replace('m.hlo', '')]],
  ] as const)('an array that nothing can hold: %s', async (_, argv) => {
    const { folder, file } = folderWith(asParameter);
    writeFileSync(join(folder, 'n.hlo'), asParameter.replace('negate', 'abs'));
    const states = ['before_optimizations', 'cpu_after_optimizations'];
    for (const [n, state] of states.entries()) {
      const text = n ? asParameter.replace('negate', 'abs') : asParameter;
      writeFileSync(join(folder, `module_0001.f.${state}.txt`), text);
    }
    const { exitCode, stderr, stdout } = await assay(argv(file));
    expect({ exitCode, stderr, stdout }).toMatchObject({ exitCode: 2 });
    expect(stderr + stdout).toContain(`%big (parameter) ${huge}: about`);
    expect(stderr + stdout).toMatch(/\[run\/too-large\]/);
  });

  it.each([
    ['run', (a: string) => ['run', a]],
    ['run exactly', (a: string) => ['run', a, '--mode', 'exact']],
    ['compare', (a: string, b: string) => ['compare', a, b]],
  ] as const)('an intermediate array that nothing can hold: %s', async (_, argv) => {
    const { folder, file } = folderWith(inside);
    const other = join(folder, 'n.hlo');
    writeFileSync(other, inside.replace('negate', 'abs'));
    const { exitCode, stderr, stdout } = await assay(argv(file, other));
    expect({ exitCode, stderr, stdout }).toMatchObject({ exitCode: 2 });
    expect(stderr + stdout).toContain(`%b (broadcast) ${huge}: about`);
  });
});
