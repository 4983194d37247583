/**
 * Instructions that stand alone: cut out of their module, their operands are value numbers, which
 * must never be taken for the ids of other instructions of the module.
 */
import { expect, test } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { Numbering } from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';
import { exactInstruction, fromPlainValue, makeExactContext } from '../../validator/exact/run.ts';
import { CaseValues } from '../../validator/localization/values.ts';

const text = `HloModule m
ENTRY %e (p: f32[6], q: f32[2,3,1]) -> f32[2,3,4] {
  %p = f32[6] parameter(0)
  %q = f32[2,3,1] parameter(1)
  %unread = f32[6] negate(%p)
  %unread.1 = f32[6] reverse(%unread), dimensions={0}
  %r = f32[2,3,1] reshape(%p)
  %b = f32[2,3,1] broadcast(%r), dimensions={0,1,2}
  %s = f32[2,3,1] add(%b, %q)
  %t = f32[3,2,1] transpose(%s), dimensions={1,0,2}
  %u = f32[3,2,1] reverse(%t), dimensions={0}
  %v = f32[2,3,1] bitcast(%u)
  %w = f32[2,3] reshape(%v)
  ROOT %x = f32[2,3,4] broadcast(%w), dimensions={0,1}
}`;

test('data moves alike in the reference and in the exact mode, number by number', () => {
  const numbering = new Numbering();
  numbering.intern(
    'another module came first',
    [],
    parseModule(text).computations[0]!.instructions[0]!,
    parseModule(text),
  );
  const module = parseModule(text);
  const valueGraph = flowOf(module, numbering);
  const values = new CaseValues(numbering, generateCase(module, 'lattice', 1).inputs);
  for (const n of valueGraph.order) {
    const { instruction, operands, module: home } = numbering.term(n);
    if (instruction.opcode === 'parameter') continue;
    const lifted = operands.map((o) => fromPlainValue(values.get(o)));
    const exact = exactInstruction(instruction, lifted, makeExactContext(home)) as Tensor;
    const reference = values.get(n) as Tensor;
    expect([instruction.name, [...exact.data]]).toEqual([instruction.name, [...reference.data]]);
  }
});
