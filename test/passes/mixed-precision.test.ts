/** Data movement that rounds on the way (legal where precisions are mixed) keeps its roundings. */
import { describe, expect, it } from 'vitest';
import { parseModule } from '../../graphs/text/parser.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { passes } from '../../passes/backends.ts';
import { firstDifference, promisesBits, resultsOn, runChecked } from '../support/passes.ts';

/** Data movement that rounds on the way: legal where precisions are mixed. */
const texts = [
  `ENTRY e { p = f64[3,4] parameter(0) t = f32[4,3] transpose(p), dimensions={1,0}
    ROOT r = f32[4,3] abs(t) }`,
  `ENTRY e { p = f32[3,4] parameter(0) t = bf16[4,3] transpose(p), dimensions={1,0}
    ROOT r = f32[3,4] transpose(t), dimensions={1,0} }`,
  `ENTRY e { p = f32[12] parameter(0) t = bf16[3,4] reshape(p) ROOT r = f32[2,6] reshape(t) }`,
  `ENTRY e { p = f32[12] parameter(0) t = bf16[3,4] reshape(p) ROOT r = f32[3,4] convert(t) }`,
];

describe.each(texts)('%s', (text) => {
  const module = parseModule(text);

  it.each(passes.map((p) => [p.name, p] as const))('%s keeps its roundings', (_, pass) => {
    expect(verifyModule(module)).toEqual([]);
    const result = runChecked(pass, module);
    if (!promisesBits(pass, result)) return;
    const [x, y] = [module, result.module].map((m) => resultsOn(m, module, 'typical'));
    expect(firstDifference(x!, y!)).toBeUndefined();
  });
});
