/** Malformed HLO text: each case names its code and, by the mark ¦, the place of the complaint. */
import { describe, expect, test } from 'vitest';
import { AssayError, type Diagnostic } from '../../../graphs/ir/diagnostic.ts';
import { parseModule } from '../../../graphs/text/parser.ts';

/** The diagnostic that parsing ends in; anything but an AssayError fails the test. */
function diagnose(text: string): Diagnostic {
  try {
    parseModule(text, { file: 'case.hlo' });
  } catch (error) {
    if (error instanceof AssayError) return error.diagnostic;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

/** An entry computation around instructions. */
const body = (lines: string) => `HloModule m\n\nENTRY e {\n${lines}\n}\n`;
const two = '  a = f32[2] parameter(0)\n  b = f32[3] parameter(1)\n';

/** Name, text with the place marked, code, a part of the message. */
const cases: readonly (readonly [string, string, string, RegExp])[] = [
  ['empty text', '¦', 'parse/expected', /end of the text/],
  ['only a header', 'HloModule m¦', 'parse/expected', /a computation/],
  ['binary junk', '¦\u0000\u0007\ufffd junk', 'parse/expected', /an instruction/],
  ['an empty computation', 'HloModule m\nENTRY e {¦}', 'parse/expected', /an instruction/],
  ['text that stops', 'HloModule m\nENTRY e {\n  a = f32[2] add(¦', 'parse/expected', /an operand/],
  ['an open comment', 'HloModule m\n¦/* no end', 'parse/unterminated', /comment/],
  ['an open string', 'HloModule m, a=¦"no end', 'parse/unterminated', /string/],
  ['an open brace', 'HloModule m, a=¦{{}', 'parse/unterminated', /add "}"/],
  ['a bracket of another kind', 'HloModule m, a={(¦}', 'parse/unbalanced', /closes nothing/],
  ['a header attribute twice', 'HloModule m, a=1, ¦a=2', 'parse/duplicate-attribute', /twice/],
  ['an unknown opcode', body('  a = f32[2] ¦mutliply(b)'), 'parse/unknown-opcode', /multiply\?/],
  ['an opcode like none', body('  a = f32[2] ¦xyzzy()'), 'parse/unknown-opcode', /xyzzy/],
  [
    'an undefined operand',
    body(`${two}  c = f32[2] add(a, ¦%x)`),
    'parse/undefined-name',
    /%x is not/,
  ],
  [
    'a cycle',
    body('  a = f32[2] negate(¦b)\n  b = f32[2] negate(a)'),
    'parse/undefined-name',
    /cycle/,
  ],
  ['a use of itself', body('  a = f32[2] negate(¦a)'), 'parse/undefined-name', /%a/],
  [
    'an operand of another shape',
    body(`${two}  c = f32[2] negate(¦f32[2] b)`),
    'parse/operand-shape',
    /f32\[3\]/,
  ],
  [
    'too few operands',
    body(`${two}  c = f32[2] ¦add(a)`),
    'parse/operand-count',
    /takes 2 .* are 1/,
  ],
  ['too many operands', body(`${two}  c = f32[2] ¦negate(a, b)`), 'parse/operand-count', /takes 1/],
  [
    'a name twice',
    body('  a = f32[2] parameter(0)\n  ¦a = f32[3] parameter(1)'),
    'parse/duplicate-name',
    /%a/,
  ],
  [
    'a parameter twice',
    body('  a = f32[2] parameter(0)\n  ¦b = f32[3] parameter(0)'),
    'parse/duplicate-parameter',
    /parameter\(0\)/,
  ],
  [
    'a gap in parameters',
    'HloModule m\nENTRY ¦e { a = f32[2] parameter(4000000000) }',
    'parse/parameter-number',
    /number them from 0/,
  ],
  [
    'a computation twice',
    'HloModule m\nc { a = f32[] parameter(0) }\n¦c { a = f32[] parameter(0) }',
    'parse/duplicate-name',
    /computation %c/,
  ],
  [
    'two entries',
    'HloModule m\nENTRY c { a = f32[] parameter(0) }\n¦ENTRY d { a = f32[] parameter(0) }',
    'parse/second-entry',
    /one ENTRY/,
  ],
  [
    'two roots',
    body('  ROOT a = f32[2] parameter(0)\n  ¦ROOT b = f32[3] parameter(1)'),
    'parse/second-root',
    /one ROOT/,
  ],
  [
    'a callee that is missing',
    body(`${two}  c = f32[2] call(a), to_apply=¦%f`),
    'parse/undefined-computation',
    /%f/,
  ],
  [
    'a call of itself',
    body(`${two}  c = f32[2] call(a), to_apply=¦e`),
    'parse/undefined-computation',
    /callees come first/,
  ],
  [
    'a signature that lies',
    'HloModule m\nENTRY e (a: f32[2]) -> ¦f32[3] { a = f32[2] parameter(0) }',
    'parse/signature',
    /f32\[2\], not f32\[3\]/,
  ],
  [
    'an unknown attribute',
    body(`${two}  c = f32[2] negate(a), ¦metdata={}`),
    'parse/unknown-attribute',
    /metadata\?/,
  ],
  [
    'an attribute of another op',
    body(`${two}  c = f32[2] negate(a), ¦dimensions={0}`),
    'parse/unknown-attribute',
    /dimensions/,
  ],
  [
    'an attribute twice',
    body(`${two}  c = f32[2] copy(a), metadata={}, ¦metadata={}`),
    'parse/duplicate-attribute',
    /twice/,
  ],
  [
    'an attribute missing',
    body(`${two}  c = f32[2] ¦reverse(a)`),
    'parse/missing-attribute',
    /dimensions=/,
  ],
  [
    'a word that is none',
    body(`${two}  c = pred[2] compare(a, a), direction=¦XX`),
    'parse/expected',
    /one of EQ/,
  ],
  [
    'a number that is none',
    body(`${two}  c = f32[2] reverse(a), dimensions={¦x}`),
    'parse/expected',
    /a number/,
  ],
  [
    'a number too large',
    body(`${two}  c = f32[2] reverse(a), dimensions={¦99999999999999999999}`),
    'parse/integer-range',
    /2\^53/,
  ],
  [
    'a window without size',
    body(`${two}  c = f32[2] reduce-window(a, b), window={¦stride=2}, to_apply=f`),
    'parse/window-rank',
    /stride/,
  ],
  [
    'dim labels that clash',
    body(`${two}  c = f32[2] convolution(a, b), dim_labels=¦bb_io->bf`),
    'parse/dim-labels',
    /twice/,
  ],
  [
    'a shape that overflows',
    body('  a = ¦f32[9999999999,9999999999] parameter(0)'),
    'parse/shape-overflow',
    /2\^63/,
  ],
  [
    'a negative dimension',
    body('  a = f32[¦-1] parameter(0)'),
    'parse/negative-dimension',
    /negative/,
  ],
  [
    'a layout of another rank',
    body('  a = ¦f32[2]{1,0} parameter(0)'),
    'parse/layout-rank',
    /2 for a shape of rank 1/,
  ],
  [
    'an unknown type',
    body('  a = ¦f33[2] parameter(0)'),
    'parse/unknown-type',
    /f33; did you mean/,
  ],
  [
    'a placeholder for a type',
    body('  a = ¦DATATYPE[] parameter(0)'),
    'parse/unknown-type',
    /bf16/,
  ],
  ['a constant without shape', body('  a = constant¦(1)'), 'parse/missing-shape', /constant/],
  [
    'a shape that cannot be inferred',
    body(`${two}  c = ¦custom-call(a), custom_call_target="x"`),
    'parse/missing-shape',
    /custom-call/,
  ],
  ['s8 overflow', body('  a = s8[] constant(¦128)'), 'parse/out-of-range', /128 .* s8/],
  ['u4 underflow', body('  a = u4[] constant(¦-1)'), 'parse/out-of-range', /u4/],
  [
    's64 overflow',
    body('  a = s64[] constant(¦18446744073709551616)'),
    'parse/out-of-range',
    /s64/,
  ],
  ['f16 overflow', body('  a = f16[] constant(¦65520)'), 'parse/out-of-range', /f16/],
  ['f8 overflow', body('  a = f8e4m3fn[] constant(¦-1000)'), 'parse/out-of-range', /f8e4m3fn/],
  ['f64 overflow', body('  a = f64[] constant(¦1e999)'), 'parse/out-of-range', /1e999/],
  [
    'a fraction for an integer',
    body('  a = s32[] constant(¦1.5)'),
    'parse/expected',
    /whole number/,
  ],
  [
    'a word for a number',
    body('  a = f32[] constant(¦one)'),
    'parse/expected',
    /number of type f32/,
  ],
  [
    'a NaN payload too large',
    body('  a = bf16[] constant(nan(¦0x80))'),
    'parse/out-of-range',
    /bf16/,
  ],
  [
    'too many elements',
    body('  a = s32[2] constant({1, 2, ¦3})'),
    'parse/literal-size',
    /one more/,
  ],
  [
    'too few elements',
    body('  a = s32[3] constant({1, 2¦})'),
    'parse/literal-size',
    /ends after 2/,
  ],
  [
    'too few levels',
    body('  a = s32[2,1] constant({¦1, 2})'),
    'parse/expected',
    /2 levels of braces/,
  ],
  ['a level too many', body('  a = s32[2] constant({¦{1, 2}})'), 'parse/expected', /rank 1/],
  [
    'more elements than text',
    body('  a = s32[1000000000] constant(¦{1, 2})'),
    'parse/literal-size',
    /than the text/,
  ],
  [
    'more zeros than memory',
    body('  a = s32[1000000000] constant(¦0)'),
    'parse/literal-size',
    /than the text/,
  ],
  [
    'a done without a start',
    body(`${two}  c = f32[2] ¦negate-done(a)`),
    'parse/async',
    /async-start/,
  ],
  [
    'a start of another shape',
    body(`${two}  c = f32[2] ¦negate-start(a)`),
    'parse/async',
    /operand shapes/,
  ],
  ['text after an instruction', 'f32[2] negate(f32[2] a) ¦x', 'parse/expected', /end of the text/],
];

describe('malformed text is one positioned error', () => {
  test.each(cases)('%s', (_, marked, code, message) => {
    const at = marked.indexOf('¦');
    const before = marked.slice(0, at).split('\n');
    const found = diagnose(marked.replace('¦', ''));
    expect(found.code).toBe(code);
    expect(found.message).toMatch(message);
    expect(found.file).toBe('case.hlo');
    expect(found.position).toEqual({ line: before.length, column: before.at(-1)!.length + 1 });
    expect(found.sourceLine).toBe(marked.replace('¦', '').split('\n')[before.length - 1]);
  });
});

const many = 1_000_000;

describe('nesting is bounded', () => {
  test.each([
    ['tuple shapes', `HloModule m\nENTRY e { a = ${'('.repeat(many)}`],
    ['no module at all', '('.repeat(many)],
    ['operands', `HloModule m\nENTRY e { a = f32[] ${'negate('.repeat(many)}`],
    ['computations', `HloModule m\nENTRY e { ${'a = f32[] call(), to_apply={ '.repeat(many / 10)}`],
    ['tuple literals', `f32[] custom-call(), custom_call_target="", literal=${'('.repeat(many)}`],
  ])('%s', (_, text) => {
    expect(diagnose(text).code).toBe('parse/too-deep');
  });

  test.each([
    ['braces of a header', `HloModule m, a=${'{'.repeat(many)}`],
    ['braces of a literal', `HloModule m\nENTRY e { a = f32[2] constant(${'{'.repeat(many)}`],
  ])('%s', (_, text) => {
    expect(diagnose(text).position?.line).toBe(text.split('\n').length);
  });
});

const sample = `HloModule m, is_scheduled=true, entry_computation_layout={(f32[2,3]{1,0})->f32[2]{0}}

FileNames
1 "a.py"

%r (x: f32[], y: f32[]) -> f32[] {
  x = f32[] parameter(0)
  y = f32[] parameter(1)
  ROOT s = f32[] add(x, y) // sum
}

ENTRY %e (a: f32[2,3]) -> f32[2] {
  %a = f32[2,3]{1,0:T(8,128)(2,1)S(1)} parameter(0), sharding={replicated}
  %z = f32[] constant(-1.5e-3) /* zero */
  %c = (f32[2], (pred[], c64[1])) constant(({1, nan}, (true, {(1, -inf)})))
  %s = f32[2,2] slice(a), slice={[0:2], [0:3:2]}, metadata={op_name="x\\"y" source_line=3}
  %p = f32[4,3] pad(a, f32[] z), padding=1_1x0_0_0
  ROOT %q = f32[2]{0} reduce(f32[2,3]{1,0} %a, f32[] %z), dimensions={1}, to_apply=%r, backend_config={"a":["x"]}, control-predecessors={z}
}, execution_thread="t"
`;

describe('damage anywhere ends in a positioned error or in a module', () => {
  const damages: readonly (readonly [string, (at: number) => string])[] = [
    ['cut off after', (at) => sample.slice(0, at)],
    ['cut off before', (at) => sample.slice(at)],
    ['one character less', (at) => sample.slice(0, at) + sample.slice(at + 1)],
    ['a brace more', (at) => `${sample.slice(0, at)}{${sample.slice(at)}`],
    ['a quote more', (at) => `${sample.slice(0, at)}"${sample.slice(at)}`],
    ['a digit more', (at) => `${sample.slice(0, at)}9${sample.slice(at)}`],
    ['a zero byte more', (at) => `${sample.slice(0, at)}\u0000${sample.slice(at)}`],
  ];

  test('the sample itself is well-formed', () => {
    expect(parseModule(sample).computations).toHaveLength(2);
  });

  test.each(damages)('%s', (_, damage) => {
    for (let at = 0; at <= sample.length; at++) {
      try {
        parseModule(damage(at));
      } catch (error) {
        expect(error).toBeInstanceOf(AssayError);
        const { position } = (error as AssayError).diagnostic;
        expect(position?.line).toBeGreaterThanOrEqual(1);
        expect(position?.column).toBeGreaterThanOrEqual(1);
      }
    }
  });

  test('an entry that stops early is an error', () => {
    const end = sample.indexOf('}, execution_thread') + 1;
    for (let at = sample.indexOf('ENTRY') + 1; at < end; at++) {
      expect(() => parseModule(sample.slice(0, at))).toThrow(AssayError);
    }
  });
});
