/**
 * GraphModels as others published them: each imports, keeps its constraints and its text, and its
 * result on tfjs's own CPU backend stays inside the budget that the module's arithmetic gives.
 */
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../../golden/cases.ts';
import { widens } from '../../../graphs/ir/contract.ts';
import { diffModules } from '../../../graphs/text/equal.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { printModule } from '../../../graphs/text/printer.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import { judgeResult } from '../../../validator/validation/judge-result.ts';
import { corpora, corpus } from '../../support/corpora.ts';
import { importOf, runTfjs, tfjsModelOf } from '../../support/tfjs.ts';

const models = [
  'tfjs-tiny/model',
  'tfjs-tiny/model_new',
  'tfjs-human/liveness',
  'tfjs-human/emotion',
  'tfjs-human/antispoof',
  'tfjs-human/blazeface',
  'tfjs-human/facemesh',
];

describe.skipIf(!corpora)('published tfjs models', () => {
  it.each(models)('%s imports and agrees with tfjs', { timeout: 120_000 }, (name) => {
    const model = tfjsModelOf(corpus('models', `${name}.json`));
    const module = importOf(model);
    expect(verifyModule(module)).toEqual([]);
    expect(diffModules(module, parseModule(printModule(module)))).toBeUndefined();
    const { inputs } = generateCase(module, 'typical', 1);
    const result = runTfjs(model, module, inputs);
    const judgement = judgeResult(module, result, inputs, { contract: widens });
    expect(['identical', 'within']).toContain(judgement.verdict);
  });
});
