/** What the parser accepts, and what module it makes of each way to write the same thing. */
import { describe, expect, test } from 'vitest';
import { entryOf, type Instruction, rootOf } from '../../../graphs/ir/module.ts';
import type { Tensor } from '../../../graphs/ir/tensor.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { printModule } from '../../../graphs/text/printer.ts';
import { printShape } from '../../../graphs/text/shape-text.ts';

const body = (lines: string) => `HloModule m\n\nENTRY e {\n${lines}\n}\n`;

/** The root of the entry computation. */
const root = (text: string): Instruction => rootOf(entryOf(parseModule(text)));

describe('two texts of one module', () => {
  const plain = body(`  %a = f32[2] parameter(0)\n  ROOT %b = f32[2] negate(%a)`);
  test.each([
    ['names without %', body('  a = f32[2] parameter(0)\n  ROOT b = f32[2] negate(a)')],
    ['typed operands', body('  %a = f32[2] parameter(0)\n  ROOT %b = f32[2] negate(f32[2]{0} %a)')],
    ['the last as root', body('  a = f32[2] parameter(0)\n  b = f32[2] negate(a)')],
    ['a shape left out', body('  a = f32[2] parameter(0)\n  b = negate(a)')],
    ['comments', `HloModule m // x\n/* y\n*/ENTRY e{a=f32[2/*n*/]parameter(0)b=f32[2]negate(a)}`],
    [
      'a signature',
      `HloModule m\nENTRY %e (a: f32[2]) -> f32[2] {a = f32[2] parameter(0) ROOT b = f32[2] negate(a)}`,
    ],
    ['no ENTRY', 'HloModule m\ne {a = f32[2] parameter(0) b = f32[2] negate(a)}'],
    ['colons after names', 'HloModule m:\ne {a = f32[2] parameter(0) b: = f32[2] negate(a)}'],
    [
      'an attribute at its fallback',
      body('  a = f32[2] parameter(0), metadata={}\n  b = negate(a)').replace(', metadata={}', ''),
    ],
  ])('%s', (_, text) => {
    expect(printModule(parseModule(text))).toBe(printModule(parseModule(plain)));
  });
});

describe('inline forms become ordinary ones', () => {
  test('a computation in place of its name', () => {
    const text = body(
      'a = f32[2] parameter(0)\nb = f32[] constant(0)\nROOT r = f32[] reduce(a, b), dimensions={0}, to_apply={x = f32[] parameter(0) y = f32[] parameter(1) z = add(x, y)}',
    );
    const module = parseModule(text);
    expect(module.computations.map((c) => c.instructions.length)).toEqual([3, 3]);
    expect(root(text).attrs).toMatchObject({ to_apply: module.computations[0]!.name });
  });

  test('an instruction in place of an operand', () => {
    const module = parseModule(
      body('a = f32[2] parameter(0)\nb = f32[2] add(a, f32[2] negate(tanh(a)))'),
    );
    expect(entryOf(module).instructions.map((i) => i.opcode)).toEqual([
      'parameter',
      'tanh',
      'negate',
      'add',
    ]);
  });

  test('fresh names avoid those of the text', () => {
    const text = body('negate.0 = f32[2] parameter(0)\nb = f32[2] abs(negate(negate.0))');
    expect(new Set(entryOf(parseModule(text)).instructions.map((i) => i.name)).size).toBe(3);
  });

  test('an op started and awaited', () => {
    const shape = '((f32[2]), f32[2], u32[])';
    const text = body(
      `a = f32[2] parameter(0)\ns = ${shape} negate-start(a), async_execution_thread="t", metadata={op_name="n"}\nu = ${shape} negate-update(s)\nd = f32[2] negate-done(u)`,
    );
    const module = parseModule(text);
    const [inner, entry] = module.computations;
    expect(entry!.instructions.map((i) => i.opcode)).toEqual([
      'parameter',
      'async-start',
      'async-update',
      'async-done',
    ]);
    expect(inner!.instructions.map((i) => i.opcode)).toEqual(['parameter', 'negate']);
    expect(inner!.extras).toEqual({ execution_thread: '"t"' });
    expect(rootOf(inner!).extras).toEqual(entry!.instructions[1]!.extras);
  });

  test('a single instruction makes parameters of its operands', () => {
    const module = parseModule('r = f32[2] add(f32[2] a, f32[2])');
    expect(entryOf(module).instructions.map((i) => i.opcode)).toEqual([
      'parameter',
      'parameter',
      'add',
    ]);
    expect(
      parseModule('f32[2] add(f32[2] a, f32[2] a)').computations[0]!.instructions,
    ).toHaveLength(2);
  });
});

describe('shapes are kept as written', () => {
  test.each([
    'f32[2,3]{1,0:T(8,128)(2,1)S(1)E(4)}',
    'bf16[<=5,3]',
    's4[?,7]{1,0}',
    'pred[]',
    '()',
    '(f32[2], (token[], opaque[]), b(u8[4]{0}))',
    'f32[2]{0:D(C)#(u32)*(u16)}',
  ])('%s', (shape) => {
    expect(printShape(root(body(`ROOT a = ${shape} parameter(0)`)).shape)).toBe(shape);
  });
});

describe('header, tables and extras are kept as written', () => {
  const text = `HloModule m, is_scheduled=true, frontend_attributes={a="}",b="\\""}, __proto__=1

FileNames
1 "a.py"

StackFrames
1 {file_location_id=1 parent_frame_id=1}

ENTRY %StackFrames (a: f32[]) -> f32[] {
  %a = f32[] parameter(0), sharding={devices=[2,1]<=[2]}
  %t = token[] after-all(), backend_config={"x":{"y":["}"]}}
  ROOT %b = f32[] negate(%a), control-predecessors={%t}, metadata={op_name="}, {" source_line=3}
}, execution_thread="main"
`;
  test('verbatim', () => {
    expect(printModule(parseModule(text))).toBe(text);
  });
});

/** The numbers of a constant. */
const constant = (shape: string, literal: string): readonly unknown[] => {
  const { attrs } = root(body(`ROOT a = ${shape} constant(${literal})`));
  return Array.from((attrs as { literal: Tensor }).literal.data as ArrayLike<unknown>);
};

describe('constants', () => {
  test.each<readonly [string, string, readonly unknown[]]>([
    ['f32[]', '0.1', [Math.fround(0.1)]],
    ['bf16[]', '0.1', [0.10009765625]],
    ['f16[3]', '{1e-8, 65504, 65519}', [0, 65504, 65504]],
    ['f8e4m3fn[2]', '{448, 0.0625}', [448, 0.0625]],
    ['f32[4]', '{inf, -inf, nan, -nan}', [Infinity, -Infinity, NaN, NaN]],
    ['f32[2]', '{nan(0x7fffff), -0.0}', [NaN, -0]],
    ['f64[3]', '{.5, 5., -1E+2}', [0.5, 5, -100]],
    ['pred[4]', '{true, false, 1, 0}', [1, 0, 1, 0]],
    ['s4[2]', '{-8, 7}', [-8, 7]],
    ['u64[2]', '{18446744073709551615, -1}', [18446744073709551615n, 18446744073709551615n]],
    ['s64[1]', '{-9223372036854775808}', [-9223372036854775808n]],
    ['c64[2]', '{(1, -inf), (nan, 0.5)}', [1, -Infinity, NaN, 0.5]],
    ['s32[2,2]', '{ { 1, /*i1=1*/ 2 }, { 3, 4 } }', [1, 2, 3, 4]],
    ['s32[2,0]', '{{}, {}}', []],
    ['s32[0,2]', '{}', []],
    // As XLA reads it: the first element, the others zero.
    ['s32[3]', '7', [7, 0, 0]],
  ])('%s constant(%s)', (shape, literal, values) => {
    expect(constant(shape, literal)).toEqual(values);
  });

  test.each(['f32[1000000]', 'f32[2,3]', '(f32[2], s32[])'])('%s elided', (shape) => {
    expect(root(body(`ROOT a = ${shape} constant({...})`)).attrs).toEqual({
      literal: { kind: 'elided' },
    });
  });

  test('zeros that the text does not write are limited', () => {
    const text = body('ROOT a = f32[100] constant(1)');
    expect(() => parseModule(text, { maxElements: 99 })).toThrow(/more than the text can hold/);
    expect(parseModule(text, { maxElements: 100 }).computations).toHaveLength(1);
  });
});

describe('words in lists may be in any case', () => {
  test('operand_precision', () => {
    const text =
      'r = f32[2,2] dot(f32[2,2] a, f32[2,2] b), lhs_contracting_dims={1}, rhs_contracting_dims={0}, operand_precision={HIGH,highest}';
    expect(root(text).attrs).toMatchObject({ operand_precision: ['high', 'highest'] });
  });
});
