/** `assay conformance hlo` on modules for several devices: how many are simulated, what is held. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runHloSuite } from '../../validator/conformance/hlo/suite.ts';
import { temporaryFolder } from '../support/temporary.ts';

const moduleOf = (body: string) => `HloModule m\nENTRY e {\n${body}\n}\n`;

/** The report on a folder with these files. */
function outcomesOf(files: Readonly<Record<string, string>>) {
  const directory = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return runHloSuite(directory);
}

describe('a module for several devices', () => {
  const twice = 'x = f32[2] parameter(0)\ny = f32[2] add(x, x)\n';
  const gathered = (groups: string, sizes = 'f32[4]') =>
    moduleOf(`${twice}ROOT g = ${sizes} all-gather(y), dimensions={0}, ${groups}`);

  test.each([
    ['groups name replicas', gathered('replica_groups={{0,1}}')],
    [
      'groups name partitions',
      gathered('channel_id=1, replica_groups={{0},{1}}, use_global_device_ids=true', 'f32[2]'),
    ],
    [
      'groups are laid out',
      gathered('channel_id=1, replica_groups=[1,2]<=[2], use_global_device_ids=true'),
    ],
    ['shapes tell', gathered('replica_groups={}')],
    ['the header tells', gathered('replica_groups={}').replace('m\n', 'm, replica_count=2\n')],
  ])('runs on as many as %s; what they exchange is undecided', (_, text) => {
    const report = outcomesOf({ 'a.hlo': text });
    const exchanged = text.includes('f32[4]') ? 8 : 4;
    expect(report).toMatchObject({ passed: 1, failures: [], undecided: exchanged });
    expect(report.checked).toBe(4 + exchanged);
    expect(report.perOp.add).toMatchObject({ passed: 1, worstUlp: 0 });
  });

  test('transfers tell as well; groups may number replicas where partitions take part', () => {
    const pairs = 'frontend_attributes={_xla_send_recv_source_target_pairs="{{0,3}}"}';
    const sent = moduleOf(
      `x = f32[2] parameter(0)\nt = token[] after-all()\n` +
        `r = (f32[2], u32[], token[]) recv(t), channel_id=1, ${pairs}\n` +
        `s = (f32[2], u32[], token[]) send(x, t), channel_id=1, ${pairs}\n` +
        'd = (f32[2], token[]) recv-done(r), channel_id=1\ne = token[] send-done(s), channel_id=1\n' +
        'y = f32[2] get-tuple-element(d), index=0\nROOT z = f32[2] add(x, y)',
    );
    const square = gathered('channel_id=1, replica_groups={{0},{1}}');
    const report = outcomesOf({ 'sent.hlo': sent, 'square.hlo': square });
    expect(report).toMatchObject({ total: 2, passed: 2 });
  });

  test('numbers of partitions stand in groups of line mode', () => {
    const text = moduleOf(
      'x = f32[3] parameter(0)\nROOT r = f32[3] all-to-all(x), dimensions={0}, channel_id=1, replica_groups={{0,1,2}}',
    );
    expect(outcomesOf({ 'a.hlo': text })).toMatchObject({ passed: 1, undecided: 9, checked: 9 });
  });

  test.each([
    [
      'no number of devices fits',
      moduleOf(
        `${twice}g = f32[4] all-gather(y), dimensions={0}, replica_groups={{0,1}}\n` +
          'ROOT p = f32[4] collective-permute(g), source_target_pairs={{0,5}}',
      ),
      /6 replicas of 1 partitions: .*device 2 is in no replica group/,
    ],
    [
      'there would be too many',
      gathered('replica_groups=[1,100]<=[100]', 'f32[200]').replace(
        'm\n',
        'm, replica_count=100\n',
      ),
      /more than 64 devices/,
    ],
    [
      'nobody sends',
      moduleOf(
        't = token[] after-all()\nr = (f32[2], u32[], token[]) recv(t), channel_id=1\nROOT d = (f32[2], token[]) recv-done(r), channel_id=1',
      ),
      /the other side is not/,
    ],
  ])('is unsupported where %s', (_, text, why) => {
    const report = outcomesOf({ 'a.hlo': text });
    expect(report).toMatchObject({ unsupported: 1, failures: [], invalid: 0 });
    expect(report.unsupportedTests[0]!.reason).toMatch(why);
  });
});
