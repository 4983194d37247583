/** What the check from end to end leaves open is told, and does not open a graph judged in place. */
import { expect, test } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import { zooModel } from '../../graphs/zoo/zoo.ts';
import { backends } from '../../passes/backends.ts';
import { formatValidate } from '../../validator/report/text.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { isJudgedWhole } from '../../validator/validation/end-worth.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';
import { summarise } from '../../validator/validation/validate-graphs.ts';

const backend = backends.find((b) => b.name === 'tpu')!;

test.each([
  ['attention', 'extremes'],
  ['mixture_of_experts', 'typical'],
  ['transformer_bf16', 'extremes'],
] as const)('%s on %s is decided pass by pass, and says what it is worth whole', (graph, kind) => {
  const module = zooModel(graph).build();
  const cases = [sessionCase(generateCase(module, kind, 1))];
  const { counts, findings, skipped } = validateGraph({ graph, module, backend, cases });
  expect(findings).toEqual([]);
  expect(counts.decided).toBe(counts.checked);
  const why = expect.stringMatching(
    /elements lie inside the radii .* every pass was judged in place/,
  );
  expect(skipped).toEqual([{ what: `${graph} tpu: end to end`, why }]);
});

test('a large graph is judged whole on its first case, and on another where a pass is open', () => {
  const module = zooModel('attention').build();
  const cases = (['typical', 'extremes'] as const).map((k) => generateCase(module, k, 1));
  const names = (report: ReturnType<typeof validateGraph>) => report.endToEnd.map((e) => e.case);
  const job = { graph: 'attention', module, backend, cases: cases.map(sessionCase) };
  const report = validateGraph(job);
  expect(names(report)).toEqual(['typical-1']);
  expect(formatValidate(summarise([report]))).toContain('1 of 2 whole results judged');
  const request = { cases: job.cases, open: new Set(['extremes-1']) };
  expect(job.cases.map((c) => isJudgedWhole(c, request))).toEqual([true, true]);
});
