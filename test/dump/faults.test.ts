/**
 * The reverse of "no false alarm": a fault written into one state in the middle of a real dump, and
 * carried through all later states, is blamed on exactly the pass that leads to that state.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDumpFileName } from '../../validator/dump/file-names.ts';
import { validateDump } from '../../validator/dump/validate-dump.ts';
import { isFinding } from '../../validator/verdict/verdict.ts';
import { corpora, corpus } from '../support/corpora.ts';
import { temporaryFolder } from '../support/temporary.ts';

interface Fault {
  readonly program: string;
  /** Step and pass of the first state that has the fault. */
  readonly step: number;
  readonly pass: string;
  readonly fault: string;
  readonly apply: (text: string) => string;
}

const replaced =
  (from: RegExp, to: string) =>
  (text: string): string =>
    text.replace(from, to);

const faults: readonly Fault[] = [
  {
    program: 'triangular_mask',
    ...{ step: 7, pass: 'algsimp', fault: 'the direction of a comparison' },
    apply: replaced(/(compare\(.*\), direction=)GE/g, '$1GT'),
  },
  {
    program: 'integer_ops',
    ...{ step: 9, pass: 'constant_folding', fault: 'the last bit of a constant' },
    apply: replaced(/constant\(31\)/g, 'constant(30)'),
  },
  {
    program: 'conv_grad',
    ...{ step: 11, pass: 'layout-assignment', fault: 'padding moved from high to low' },
    apply: replaced(/pad=1_1x1_1 lhs_dilate/g, 'pad=2_0x1_1 lhs_dilate'),
  },
  {
    program: 'scatter_gather',
    ...{ step: 9, pass: 'scatter_simplifier', fault: 'the index of a gather' },
    apply: replaced(/(compare\(.*\), direction=)LT/g, '$1GT'),
  },
  {
    program: 'sort_pairs',
    ...{ step: 8, pass: 'tuple-simplifier', fault: 'the comparator of a sort' },
    apply: replaced(/(ROOT .* compare\(.*\), direction=)LT/g, '$1GT'),
  },
  {
    program: 'max_pool_grad',
    ...{ step: 10, pass: 'dce', fault: 'the initial value of a maximum' },
    apply: replaced(/constant\(-inf\)/g, 'constant(0)'),
  },
  {
    program: 'layer_norm',
    ...{ step: 21, pass: 'cse', fault: 'operands of a subtraction' },
    apply: replaced(/subtract\(%([\w.-]+), %([\w.-]+)\)/g, 'subtract(%$2, %$1)'),
  },
  {
    program: 'attention_f32',
    ...{ step: 6, pass: 'algsimp', fault: 'the contracted dimension of a dot' },
    apply: replaced(
      /lhs_contracting_dims=\{3\}, (rhs_batch_dims=\{0,1\}, rhs_contracting_dims=\{2\})/g,
      'lhs_contracting_dims={2}, $1',
    ),
  },
  {
    program: 'causal_block',
    ...{ step: 12, pass: 'reshape-mover', fault: 'the dimension of a broadcast' },
    apply: replaced(/(f32\[24,24\]\S* broadcast\(.*\), dimensions=)\{0\}/g, '$1{1}'),
  },
  {
    program: 'rope',
    ...{ step: 12, pass: 'layout-assignment', fault: 'the start of a slice' },
    apply: replaced(/\[16:32\]/g, '[15:31]'),
  },
  {
    program: 'softmax_bf16',
    ...{ step: 16, pass: 'layout-assignment', fault: 'a rounding left out in one use' },
    apply: withoutRounding('exponential'),
  },
  {
    program: 'while_newton',
    ...{ step: 9, pass: 'while-loop-trip-count-annotator', fault: 'the trip count of a loop' },
    apply: replaced(/constant\(12\)/g, 'constant(2)'),
  },
  {
    program: 'kv_cache_step',
    ...{ step: 21, pass: 'fusion', fault: 'the value of a mask' },
    apply: replaced(/constant\(-1e\+09\)/g, 'constant(0)'),
  },
];

/** The op reads what was rounded to bf16 and widened again as it was before. */
function withoutRounding(opcode: string): (text: string) => string {
  return (text) =>
    text.replace(new RegExp(String.raw`(f32\S* ${opcode}\()%([\w.-]+)`), (whole, head, name) => {
      const narrow = operandOf(text, 'f32', name);
      const wide = narrow && operandOf(text, 'bf16', narrow);
      return wide ? `${head}%${wide}` : whole;
    });
}

function operandOf(text: string, type: string, name: string): string | undefined {
  const escaped = name.replaceAll('.', String.raw`\.`);
  return text.match(new RegExp(String.raw`%${escaped} = ${type}\[\S* convert\(%([\w.-]+)\)`))?.[1];
}

/** Copies a program's dump with the fault in every state from its step on; how many have it. */
function writeFaulty({ program, step, apply }: Fault, folder: string): void {
  const from = corpus('xla-dumps/cpu', program);
  for (const file of readdirSync(from)) {
    const stage = parseDumpFileName(file)?.stage;
    const late =
      stage?.kind === 'after-optimizations' || (stage?.kind === 'between' && stage.step >= step);
    const bytes = readFileSync(join(from, file));
    if (!late) {
      writeFileSync(join(folder, file), bytes);
      continue;
    }
    const text = bytes.toString();
    const faulty = apply(text);
    expect(faulty, `${file} must have the fault too`).not.toBe(text);
    writeFileSync(join(folder, file), faulty);
  }
}

describe.skipIf(!corpora)('faults in dumps (skipped where the corpora are absent)', () => {
  it.each(faults)('$program: $fault is blamed on $pass', (fault) => {
    const folder = temporaryFolder();
    writeFaulty(fault, folder);
    const report = validateDump(folder, { cases: ['recorded', 'typical'] });
    expect(report.errors).toEqual([]);
    const blamed = report.findings.map((f) => `${f.pass} at ${f.step}`);
    expect([...new Set(blamed)]).toEqual([`${fault.pass} at ${fault.step}`]);
    const [finding] = report.findings;
    expect(isFinding(finding!.verdict)).toBe(true);
    expect(finding!.instruction).not.toBe('');
    expect(finding!.replay).toContain('assay dump');
  });
});
