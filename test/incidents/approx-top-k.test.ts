/**
 * Approximate top-k in shards. A fault that shipped until March 2024 held the number of bins against
 * the size of the shard, not of the whole, so that too few were left: the declared size is refused by
 * the verifier, and what was computed with it misses its recall.
 */
import { describe, expect, it } from 'vitest';
import { defaultCases } from '../../golden/cases.ts';
import { approximates } from '../../graphs/ir/contract.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';
import { incidentModule } from './modules.ts';

const module = (name: string) => incidentModule('approx-top-k', name);
const before = module('before');
const cases = defaultCases(before, 1).map(sessionCase);

function compared(after: string, recall: number) {
  const names = { beforeName: 'before', afterName: after };
  const contract = approximates(recall);
  return compareModules({ ...names, before, after: module(after), contract, cases });
}

describe('the shard of 4,096 logits of 65,536', () => {
  /** One shard's ApproxTopK of 512 at a recall of 0.95, with a result of this size. */
  const shard = (size: number) => `HloModule shard
    gt { a = f32[] parameter(0)  b = f32[] parameter(1)  i = s32[] parameter(2)
      j = s32[] parameter(3)  ROOT r = pred[] compare(a, b), direction=GT }
    ENTRY main {
      x = f32[16,4096] parameter(0)  i = s32[16,4096] iota(), iota_dimension=1
      low = f32[] constant(-inf)  none = s32[] constant(-1)
      ROOT r = (f32[16,${size}], s32[16,${size}]) custom-call(x, i, low, none),
        custom_call_target="ApproxTopK", called_computations={gt}, backend_config={"top_k": 512,
        "reduction_dim": 1, "recall_target": 0.95, "aggregate_to_topk": false,
        "reduction_input_size_override": 65536}
    }`;

  it('leaves 1,024 elements', () => {
    expect(verifyModule(parseModule(shard(1024)))).toEqual([]);
  });

  it('does not leave 256, as it did until 2024', () => {
    expect(verifyModule(parseModule(shard(256)))).toMatchObject([
      { code: 'verify/custom_call_x3', message: expect.stringContaining('leaves [16,1024]') },
    ]);
  });
});

describe('the best 512 of all shards', () => {
  it('of 256 bins a shard they miss a recall of 0.99', () => {
    const { verdict, findings } = compared('sharded_2024', 0.99);
    expect(verdict).toBe('suspect');
    expect(findings[0]).toMatchObject({ before: 'recall 0.99', contract: 'approximates(0.99)' });
  });

  it.each([
    ['sharded', 0.95],
    ['sharded_whole', 0.99],
  ])('%s keeps %f', (after, recall) => {
    expect(compared(after, recall).findings).toEqual([]);
  });
});
