/** Where a report says a fault lies: inside loops and branches, in the user's own source, in a short diff. */
import { describe, expect, it } from 'vitest';
import { reassociates } from '../../graphs/ir/contract.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { moduleDiff } from '../../validator/findings/region-diff.ts';
import { formatFinding } from '../../validator/report/text.ts';
import { compareModules } from '../../validator/validation/compare.ts';

/** The findings between two modules of x: f32[4]. */
function findings(before: string, after: string) {
  const parse = (text: string) => parseModule(`HloModule m\n${text}`);
  const inputs = [tensorOf('f32', [4], [0.5, 1.25, -3, 2])];
  return compareModules({
    ...{ before: parse(before), after: parse(after), beforeName: 'a', afterName: 'b' },
    ...{ contract: reassociates, cases: [{ name: 'one', inputs, options: '' }] },
  }).findings;
}

/** A loop of three rounds whose body holds many lines, one of them the given op. */
const loop = (op: string, more = '', root = 'ROOT r = f32[4] get-tuple-element(w), index=1') => {
  const lines = Array.from({ length: 30 }, (_, n) => `  z${n + 1} = f32[4] cosine(z${n})`);
  return `go {
  s = (s32[], f32[4]) parameter(0)
  n = s32[] get-tuple-element(s), index=0
  end = s32[] constant(3)
  ROOT t = pred[] compare(n, end), direction=LT
}
body {
  s = (s32[], f32[4]) parameter(0)
  n = s32[] get-tuple-element(s), index=0
  one = s32[] constant(1)
  m = s32[] add(n, one)
  z0 = f32[4] get-tuple-element(s), index=1
${lines.join('\n')}
  y.7 = f32[4] ${op}(z30, z2)${more}
  ROOT u = (s32[], f32[4]) tuple(m, y.7)
}
ENTRY e {
  x = f32[4] parameter(0)
  zero = s32[] constant(0)
  start = (s32[], f32[4]) tuple(zero, x)
  w = (s32[], f32[4]) while(start), condition=go, body=body
  ${root}
}
`;
};

const branches = (op: string) => `yes { a = f32[4] parameter(0)  ROOT p = f32[4] sine(a) }
no { a = f32[4] parameter(0)  q.1 = f32[4] ${op}(a)  ROOT q.2 = f32[4] sine(q.1) }
ENTRY e {
  x = f32[4] parameter(0)
  c = s32[] constant(1)
  ROOT k = f32[4] conditional(c, x, x), branch_computations={yes, no}
}
`;

const folding = (op: string) => `f { a = f32[] parameter(0)  b = f32[] parameter(1)
  ROOT s = f32[] ${op}(a, b) }
ENTRY e { x = f32[4] parameter(0)  i = f32[] constant(0)
  ROOT d = f32[] reduce(x, i), dimensions={0}, to_apply=f }
`;

const nested = (op: string) => `${loop(op).replace('ENTRY e', 'inner')}
outer.go { s = (s32[], f32[4]) parameter(0)  n = s32[] get-tuple-element(s), index=0
  end = s32[] constant(2)  ROOT t = pred[] compare(n, end), direction=LT }
outer { s = (s32[], f32[4]) parameter(0)  n = s32[] get-tuple-element(s), index=0
  one = s32[] constant(1)  m = s32[] add(n, one)  v = f32[4] get-tuple-element(s), index=1
  zero = s32[] constant(0)  st = (s32[], f32[4]) tuple(zero, v)
  w.2 = (s32[], f32[4]) while(st), condition=go, body=body
  y = f32[4] get-tuple-element(w.2), index=1  ROOT u = (s32[], f32[4]) tuple(m, y) }
ENTRY e { x = f32[4] parameter(0)  zero = s32[] constant(0)
  start = (s32[], f32[4]) tuple(zero, x)
  w.3 = (s32[], f32[4]) while(start), condition=outer.go, body=outer
  ROOT r = f32[4] get-tuple-element(w.3), index=1 }
`;

describe('the instruction of a finding', () => {
  it.each([
    ['the body of a loop', loop('add'), loop('subtract'), 'w/body/y.7'],
    ['the condition of a loop', loop('add'), loop('add').replace('LT', 'LE'), 'w/condition/t'],
    ['a branch', branches('negate'), branches('abs'), 'k/branch_computations.1/q.1'],
    ['a reducer', folding('add'), folding('subtract'), 'd/to_apply/s'],
    ['a loop in a loop', nested('add'), nested('subtract'), 'w.3/body/w.2/body/y.7'],
    [
      'no computation',
      branches('negate'),
      branches('negate').replace('constant(1)', 'constant(0)'),
      'k',
    ],
  ])('is the one inside %s', (_, before, after, instruction) => {
    const found = findings(before, after);
    expect(found.map((f) => f.instruction)).toEqual([instruction]);
    expect(formatFinding(found[0]!)).toContain(`instruction %${instruction}`);
  });

  it('stands in the note where more follows on the loop', () => {
    const after = 'g = f32[4] get-tuple-element(w), index=1\n  ROOT r = f32[4] sine(g)';
    const [finding] = findings(loop('add', '', after), loop('subtract', '', after));
    expect(finding).toMatchObject({ instruction: 'r' });
    expect(finding!.note).toContain('the first instruction to differ is w/body/y.7');
  });
});

describe('the diff of a finding', () => {
  const [finding] = findings(loop('add'), loop('subtract'));

  it('shows the changed line with three lines around, and the computation it is in only', () => {
    const { diff } = finding!;
    const changed = diff.split('\n').filter((l) => /^[-+](?![-+])/.test(l));
    expect(changed).toEqual([
      expect.stringContaining('y.7 = f32[4] add('),
      expect.stringContaining('y.7 = f32[4] subtract('),
    ]);
    expect(diff.split('\n').length).toBeLessThan(14);
    expect(diff).not.toContain('ENTRY');
  });

  it('is not longer where everything after the change has another name', () => {
    const names = [...loop('subtract').matchAll(/\b([a-z][\w.]*) = /g)].map((m) => m[1]!);
    const after = names.reduce(
      (text, name) =>
        text.replaceAll(
          new RegExp(`(?<![\\w.])${name.replace('.', '\\.')}(?=[ ,)])`, 'g'),
          `${name}.new`,
        ),
      loop('subtract'),
    );
    expect(after).toContain('w.new = ');
    const { diff } = findings(loop('add'), after)[0]!;
    expect(diff.split('\n').length).toBeLessThan(14);
  });

  it('is cut where it is long, and says by how much', () => {
    const chain = (op: string) => {
      const lines = Array.from({ length: 300 }, (_, n) => `  v${n + 1} = f32[4] ${op}(v${n})`);
      const text = `HloModule m\nENTRY e {\n  v0 = f32[4] parameter(0)\n${lines.join('\n')}\n}\n`;
      return parseModule(text.replace('  v300', '  ROOT v300'));
    };
    const lines = moduleDiff(chain('sine'), chain('cosine'), 'a', 'b').trimEnd().split('\n');
    const more = Number(/^… (\d+) more lines$/.exec(lines.at(-1)!)?.[1]);
    expect(lines.length - 1 + more).toBeGreaterThan(600);
  });
});

describe('the source of a finding', () => {
  const text = (op: string, metadata: string, tables = '') => `${tables}
ENTRY e {
  x = f32[4] parameter(0)
  ROOT r = f32[4] ${op}(x)${metadata}
}
`;
  const tables = `
FileNames
1 "other.py"
2 "model.py"

FunctionNames
1 "f"

FileLocations
1 {file_name_id=1 function_name_id=1 line=3 end_line=3 column=1 end_column=2}
7 {file_name_id=2 function_name_id=1 line=165 end_line=165 column=1 end_column=2}

StackFrames
1 {file_location_id=1 parent_frame_id=1}
5 {file_location_id=7 parent_frame_id=1}

`;
  it.each([
    [
      'a name, a file and a line',
      'metadata={op_name="jit(f)/abs" source_file="model.py" source_line=12}',
      '',
      'jit(f)/abs, model.py:12',
    ],
    ['a name', 'metadata={op_name="jit(f)/\\"abs\\""}', '', 'jit(f)/"abs"'],
    [
      'a stack frame',
      'metadata={op_name="jit(f)/abs" stack_frame_id=5}',
      tables,
      'jit(f)/abs, model.py:165',
    ],
    ['a stack frame that no table has', 'metadata={op_name="g" stack_frame_id=9}', tables, 'g'],
    ['an origin', 'origin={{"abs.3"}}', '', 'origin {{"abs.3"}}'],
  ])('is %s of the metadata', (_, metadata, debug, source) => {
    const [finding] = findings(text('negate', ''), text('abs', `, ${metadata}`, debug));
    expect(finding!.source).toBe(source);
    expect(formatFinding(finding!)).toContain(`source      ${source}\n`);
  });

  it('is that of the instruction before where the pass left none', () => {
    const [finding] = findings(text('negate', ', metadata={op_name="neg"}'), text('abs', ''));
    expect(finding!.source).toBe('neg');
  });

  it('is that of the instruction inside a loop', () => {
    const named = loop('subtract', ', metadata={op_name="while/body/sub"}');
    expect(findings(loop('add'), named)[0]!.source).toBe('while/body/sub');
  });

  it('is absent where nothing tells', () => {
    const [finding] = findings(text('negate', ''), text('abs', ''));
    expect(finding).not.toHaveProperty('source');
  });
});
