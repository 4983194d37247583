/** Each constraint on shapes fires, by its label, on a violation of it and of nothing before it. */
import { describe, expect, it } from 'vitest';
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import { entryOf, type Module } from '../../../graphs/ir/module.ts';
import { arrayShape, type Shape, tupleShape } from '../../../graphs/ir/shape.ts';
import type { ConvDims } from '../../../graphs/ops/attr.ts';
import { exampleModule, moduleOf } from '../../../graphs/ops/example.ts';
import { isIn, type Opcode, opTable, rowOf } from '../../../graphs/ops/table.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import { type ConstraintCase, constraintCases } from '../../support/constraint-cases.ts';
import { applyRule, inputOf, type RuleInput, Violation } from '../../support/rules.ts';

const opcodes = Object.keys(opTable) as Opcode[];

function changed({ opcode, replacements }: ConstraintCase): string {
  const example = rowOf(opcode as Opcode).example;
  const line = replacements.reduce((t, [from, to]) => t.replace(from, () => to), example);
  return moduleOf(line, opcode as Opcode);
}

/** Codes of all findings; of the parser's one where it already asks the rule. */
function codesOf(text: string): readonly string[] {
  try {
    return verifyModule(parseModule(text)).map((d) => d.code);
  } catch (error) {
    if (error instanceof AssayError) return [error.diagnostic.code];
    throw error;
  }
}

describe('a violation in the text', () => {
  it.each(constraintCases)('$label: $opcode with $replacements', (c) => {
    for (const [from] of c.replacements) expect(rowOf(c.opcode as Opcode).example).toContain(from);
    expect(codesOf(changed(c))[0]).toBe(`verify/${c.label}`);
  });
});

const f32 = (...dims: number[]) => arrayShape('f32', dims);
const one = tupleShape([f32(4)]);
const spatial: ConvDims = {
  inputBatch: 0,
  inputFeature: 3,
  inputSpatial: [1, 2],
  kernelInputFeature: 2,
  kernelOutputFeature: 3,
  kernelSpatial: [0, 1],
  outputBatch: 0,
  outputFeature: 3,
  outputSpatial: [1, 2],
};

/** Violations that text cannot express, or that the parser refuses first. */
const direct: readonly [string, Opcode, (input: RuleInput) => Partial<RuleInput>][] = [
  ['constant_c1', 'constant', () => ({ declared: f32(4) })],
  [
    'conditional_c3',
    'conditional',
    ({ signature }) => ({
      signature: (name) =>
        name === 'double_f32x4' ? { ...signature(name), result: f32(5) } : signature(name),
    }),
  ],
  ['custom_call_x1', 'custom-call', () => withAttrs({ operand_layout_constraints: [] })],
  [
    'convolution_c13',
    'convolution',
    () => withAttrs({ dim_labels: { ...spatial, inputBatch: 3 } }),
  ],
  [
    'convolution_c18',
    'convolution',
    () => withAttrs({ dim_labels: { ...spatial, kernelInputFeature: 3 } }),
  ],
  [
    'convolution_c20',
    'convolution',
    () => withAttrs({ dim_labels: { ...spatial, outputBatch: 4 } }),
  ],
  ['collective_permute_c1', 'collective-permute', () => withAttrs({ source_target_pairs: [[0]] })],
  [
    'collective_permute_c4',
    'collective-permute',
    () => withAttrs({ source_target_pairs: [[0, -1]] }),
  ],
  ['collective_permute_x1', 'collective-permute', () => withAttrs({ slice_sizes: [[1]] })],
  ['all_gather_done_c1', 'all-gather-done', () => ({ operands: [one] })],
  ['collective_permute_done_c1', 'collective-permute-done', () => ({ operands: [one] })],
  ['copy_done_c1', 'copy-done', () => ({ operands: [one] })],
  ['recv_c1', 'recv', () => ({ declared: f32(4) })],
  ['recv_done_c1', 'recv-done', () => ({ operands: [tupleShape([])] })],
  ['infeed_c1', 'infeed', () => ({ declared: f32(4) })],
  ['async_start_c3', 'async-start', () => ({ operands: [f32(5)] })],
  ['async_update_c1', 'async-update', () => ({ operands: [one] })],
  ['async_update_c4', 'async-update', () => ({ operands: [tupleShape([one, f32(5)])] })],
  ['async_done_c1', 'async-done', () => ({ operands: [one] })],
  ['async_done_c4', 'async-done', () => ({ operands: [tupleShape([one, f32(5)])] })],
];

function withAttrs(attrs: Readonly<Record<string, unknown>>): Partial<RuleInput> {
  return { attrs };
}

function exampleInput(opcode: Opcode): RuleInput {
  const module = parseModule(exampleModule(opcode));
  const example = entryOf(module).instructions.find((i) => i.name === 'r')!;
  return inputOf(module, module.entry, example);
}

function changedInput(opcode: Opcode, change: (input: RuleInput) => Partial<RuleInput>): RuleInput {
  const input = exampleInput(opcode);
  const part = change(input);
  return { ...input, ...part, attrs: { ...input.attrs, ...part.attrs } };
}

/** The label that a rule's input violates, if any. */
function violated(
  opcode: Opcode,
  input: RuleInput,
  seen?: (l: string) => void,
): string | undefined {
  try {
    applyRule(opcode, input, seen);
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error.label;
    throw error;
  }
}

describe('a violation in the module', () => {
  it.each(direct)('%s: %s', (label, opcode, change) => {
    expect(violated(opcode, changedInput(opcode, change))).toBe(label);
  });
});

/** Each operand of each example in turn replaced by shapes that few ops can take there. */
function misfits(opcode: Opcode): readonly RuleInput[] {
  const input = exampleInput(opcode);
  const strange: readonly Shape[] = [
    tupleShape([tupleShape([])]),
    ...(isIn(opcode, 'elementwise')
      ? (['pred', 's32', 'u32', 'f32', 'c64'] as const).flatMap((t) => [
          arrayShape(t, [2, 3]),
          arrayShape(t, [7]),
        ])
      : []),
    f32(7),
  ];
  return input.operands.flatMap((_, k) =>
    strange.map((s) => ({ ...input, operands: input.operands.with(k, s) })),
  );
}

it('every label that a rule checks has a violation', () => {
  const seen = new Set<string>();
  const fired = new Set([
    ...constraintCases.map((c) => c.label),
    ...direct.map(([label]) => label),
  ]);
  for (const opcode of opcodes) {
    for (const input of [exampleInput(opcode), ...misfits(opcode)]) {
      const label = violated(opcode, input, (l) => seen.add(l));
      if (label !== undefined) fired.add(label);
    }
  }
  for (const c of constraintCases) recordModule(changed(c), seen);
  expect([...seen].filter((label) => label !== '' && !fired.has(label))).toEqual([]);
  expect(seen.size).toBeGreaterThan(opcodes.length);
});

function recordModule(text: string, seen: Set<string>): void {
  let module: Module;
  try {
    module = parseModule(text);
  } catch (error) {
    if (error instanceof AssayError) return;
    throw error;
  }
  for (const i of entryOf(module).instructions) {
    violated(i.opcode, inputOf(module, module.entry, i), (l) => seen.add(l));
  }
}
