/** Laws of printing and parsing: parse∘print is the identity on modules, print∘parse on its own text. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import { entryOf, type Module, rootOf } from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { type ArrayShape, elementCount, type Shape } from '../../../graphs/ir/shape.ts';
import { allocate, type Tensor, tensor, type Value } from '../../../graphs/ir/tensor.ts';
import { exampleModule } from '../../../graphs/ops/example.ts';
import { type Opcode, opTable } from '../../../graphs/ops/table.ts';
import { diffModules, sameValue } from '../../../graphs/text/equal.ts';
import { floatPrinter, printLiteral } from '../../../graphs/text/literal-print.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { printAttrs, printModule } from '../../../graphs/text/printer.ts';
import { printShape } from '../../../graphs/text/shape-text.ts';

const types = Object.keys(elementTypes) as ElementType[];
const floats = types.filter((t) => elementTypes[t].kind === 'float');

/** Both laws on one module. */
function expectRoundTrip(module: Module): void {
  const text = printModule(module);
  const again = parseModule(text);
  expect(diffModules(module, again)).toBeUndefined();
  expect(printModule(again)).toBe(text);
}

describe('the example of every op', () => {
  test.each(Object.keys(opTable) as Opcode[])('%s', (opcode) => {
    expectRoundTrip(parseModule(exampleModule(opcode)));
  });
});

const type = fc.constantFrom(...types);
const small = fc.array(fc.nat(4), { maxLength: 3 });

const arrayShape: fc.Arbitrary<ArrayShape> = fc
  .record({
    type,
    dims: fc.array(fc.nat(9), { maxLength: 4 }),
    dynamic: fc.nat(15),
    laid: fc.boolean(),
  })
  .chain(({ type, dims, dynamic, laid }) => {
    const marks = dims.map((_, i) => ((dynamic >> i) & 1) === 1);
    const shape: ArrayShape = {
      kind: 'array',
      type,
      dims: dims.map((d, i) => (marks[i] && d === 9 ? -1 : d)),
      ...(marks.includes(true) ? { dynamic: marks } : {}),
    };
    if (!laid || !dims.length) return fc.constant(shape);
    const properties = fc.constantFrom('', 'T(8,128)', 'T(8,128)(2,1)S(1)', 'E(4)');
    const order = fc.shuffledSubarray(
      dims.map((_, i) => i),
      { minLength: dims.length },
    );
    return fc.record({ minorToMajor: order, properties }).map((layout) => ({ ...shape, layout }));
  });

const shape: fc.Arbitrary<Shape> = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { depthSize: 'small' },
    arrayShape,
    fc.constantFrom<Shape>({ kind: 'token' }, { kind: 'opaque' }),
    arrayShape.map((array): Shape => ({ kind: 'buffer', array })),
    fc
      .array(tie('shape'), { maxLength: 3 })
      .map((elements): Shape => ({ kind: 'tuple', elements })),
  ),
})).shape;

/** Any value that an element of a type can have. */
function element(type: ElementType): fc.Arbitrary<number | bigint> {
  const { kind, bits, part } = elementTypes[type];
  const low = kind === 'signed' ? -(2n ** BigInt(bits - 1)) : 0n;
  if (kind === 'pred') return fc.nat(1);
  if (kind === 'complex') return fc.double().map(rounder(part!));
  if (kind === 'float') return fc.oneof(fc.double(), fc.float()).map(rounder(type));
  const whole = fc.bigInt({ min: low, max: low + 2n ** BigInt(bits) - 1n });
  return bits === 64 ? whole : whole.map(Number);
}

const array: fc.Arbitrary<Tensor> = fc.record({ type, dims: small }).chain(({ type, dims }) => {
  const of: ArrayShape = { kind: 'array', type, dims };
  const data = allocate(type, elementCount(of));
  const count = { minLength: data.length, maxLength: data.length };
  return fc.array(element(type), count).map((values) => {
    const filled = allocate(type, elementCount(of));
    values.forEach((v, i) => {
      filled[i] = v as never;
    });
    return tensor(of, filled);
  });
});

const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    array,
    fc
      .array(tie('value'), { maxLength: 3 })
      .map((elements): Value => ({ kind: 'tuple', elements })),
  ),
})).value;

function shapeOf(v: Value): Shape {
  if (v.kind === 'tuple') return { kind: 'tuple', elements: v.elements.map(shapeOf) };
  return v.kind === 'tensor' ? v.shape : { kind: 'token' };
}

/** A module whose root has this shape and text. */
const moduleOf = (of: Shape, call: string) =>
  `HloModule m\n\nENTRY e {\n  ROOT r = ${printShape(of)} ${call}\n}\n`;

describe('random values', () => {
  test('shapes', () => {
    fc.assert(
      fc.property(shape, (s) => {
        const module = parseModule(moduleOf(s, 'parameter(0)'));
        expect(rootOf(entryOf(module)).shape).toEqual(s);
        expectRoundTrip(module);
      }),
    );
  });

  test('constants', () => {
    fc.assert(
      fc.property(value, (v) => {
        const module = parseModule(moduleOf(shapeOf(v), `constant(${printLiteral(v)})`));
        const { attrs } = rootOf(entryOf(module));
        expect(sameValue((attrs as { literal: Value }).literal, v)).toBe(true);
        expectRoundTrip(module);
      }),
    );
  });

  test('strings of any characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (target, bytes) => {
        const module = parseModule('r = f32[] custom-call(f32[] a), custom_call_target="x"');
        const [entry] = module.computations;
        const root = rootOf(entry!);
        const instructions = entry!.instructions.map((i) =>
          i === root ? { ...i, attrs: { ...i.attrs, custom_call_target: target + bytes } } : i,
        ) as typeof entry.instructions;
        expectRoundTrip({ ...module, computations: [{ ...entry!, instructions }] });
      }),
    );
  });
});

describe('floats print as the shortest decimal that reads back', () => {
  test.each(floats)('%s', (type) => {
    const print = floatPrinter(type);
    const round = rounder(type);
    fc.assert(
      fc.property(element(type) as fc.Arbitrary<number>, (x) => {
        const text = print(x);
        expect(round(Number(text.replace('inf', 'Infinity')))).toBe(x);
        const digits = text
          .replace(/e.*/, '')
          .replace(/[-.]/g, '')
          .replace(/^0+|0+$/g, '');
        if (!Number.isFinite(x) || !/[.e]/.test(text) || digits.length < 2) return;
        expect(round(Number(x.toPrecision(digits.length - 1)))).not.toBe(x);
      }),
    );
  });
});

describe('long constants', () => {
  test('zero after the first element print short', () => {
    const zeros = moduleOf({ kind: 'array', type: 's64', dims: [100, 1000] }, 'constant(7)');
    expect(printModule(parseModule(zeros)).length).toBeLessThan(zeros.length + 100);
    expectRoundTrip(parseModule(zeros));
  });

  test('of which one other is not zero print whole', () => {
    const numbers = new Array<number>(5000).fill(0).with(4999, 1);
    const text = moduleOf({ kind: 'array', type: 'f32', dims: [5000] }, `constant({${numbers}})`);
    expectRoundTrip(parseModule(text));
  });
});

describe('printAttrs', () => {
  const attrsOf = (text: string) => printAttrs(rootOf(entryOf(parseModule(text))));

  test('tells the attributes that bear on the value', () => {
    const text = 'r = f32[2] reverse(f32[2] a), metadata={op_name="x"}, dimensions={0}';
    expect(attrsOf(text)).toBe('dimensions={0}');
    expect(attrsOf('c = f32[2] constant({1, 2})')).toBe('{ 1, 2 }');
  });
});

describe('diffModules', () => {
  const base =
    'HloModule m\n\nENTRY e {\n  a = f32[2] parameter(0)\n  b = f32[2] constant({0, nan})\n  ROOT c = f32[2] add(a, b), metadata={}\n}\n';
  test('a module equals itself, whatever its ids and positions', () => {
    expect(diffModules(parseModule(base), parseModule(`// moved\n${base}`))).toBeUndefined();
  });

  test.each([
    ['name', 'HloModule m', 'HloModule n'],
    ['shape', 'a = f32[2]', 'a = f32[2]{0}'],
    ['attrs', '{0, nan}', '{-0.0, nan}'],
    ['opcode', 'add(', 'subtract('],
    ['operands', 'add(a, b)', 'add(b, a)'],
    ['extras', ', metadata={}', ''],
    ['controlPredecessors', ', metadata={}', ', metadata={}, control-predecessors={a}'],
    ['roots', 'ROOT c', 'd = tuple(a) ROOT c'],
  ])('tells a difference in %s', (_, from, to) => {
    const changed = parseModule(base.replace(from, to));
    expect(diffModules(parseModule(base), changed)).toMatch(/\S/);
    expect(diffModules(changed, changed)).toBeUndefined();
  });
});

describe('what has no elements or no dimensions', () => {
  test.each([
    'c = s32[3,0] constant({ {}, {}, {} })',
    'c = s32[0,4294967296] constant({})',
    'c = s32[4294967296,0] constant({})',
    'c = (f32[5000,7000,0], s32[]) constant(({}, 1))',
    'c = f32[] constant(1) r = f32[] pad(c, c), padding= s = f32[] negate(r)',
  ])('%s', (text) => {
    expectRoundTrip(
      parseModule(`HloModule m ENTRY e { ${text.replace(/(\w+ = [^=]*)$/, 'ROOT $1')} }`),
    );
  });
});
