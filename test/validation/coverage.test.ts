/** Code that no case executes is told, and judged all the same; predicates are solved for inputs. */
import { describe, expect, test } from 'vitest';
import { defaultCases, generateCase } from '../../golden/cases.ts';
import { branchInputs, editedInputs } from '../../golden/kinds/branch-inputs.ts';
import { type Contract, exact, reassociates } from '../../graphs/ir/contract.ts';
import type { Computation } from '../../graphs/ir/module.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { runReference } from '../../validator/reference/run.ts';
import { formatCompare } from '../../validator/report/text.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';
import { validateStates } from '../../validator/validation/validate.ts';

/** A branch that x > 1e30 takes, with a body of these lines; the other one hands x on. */
const branching = (body: string) => `HloModule m
  rare { p = f32[4] parameter(0)\n ${body} }
  usual { ROOT p = f32[4] parameter(0) }
  ENTRY main { x = f32[4] parameter(0)
    s = f32[] parameter(1)
    k = f32[] constant(1e30)
    c = pred[] compare(s, k), direction=GT
    ROOT r = f32[4] conditional(c, x, x), true_computation=rare, false_computation=usual }`;

/** A loop of n turns, with a body that adds up x by these lines. */
const looping = (add: string) => `HloModule m
  more { t = (s32[], f32[4]) parameter(0)
    i = s32[] get-tuple-element(t), index=0
    o = s32[] constant(0)
    ROOT c = pred[] compare(i, o), direction=GT }
  turn { t = (s32[], f32[4]) parameter(0)
    i = s32[] get-tuple-element(t), index=0
    v = f32[4] get-tuple-element(t), index=1
    d = s32[] constant(1)
    j = s32[] subtract(i, d)
    ${add}
    ROOT n = (s32[], f32[4]) tuple(j, w) }
  ENTRY main { n = s32[] parameter(0)
    x = f32[4] parameter(1)
    z = s32[] constant(0)
    m = s32[] minimum(n, z)
    t = (s32[], f32[4]) tuple(m, x)
    l = (s32[], f32[4]) while(t), condition=more, body=turn
    ROOT r = f32[4] get-tuple-element(l), index=1 }`;

function compared(before: string, after: string, contract: Contract = reassociates) {
  const [b, a] = [before, after].map((text) => parseModule(text));
  const cases = [sessionCase(generateCase(b!, 'typical', 1))];
  const names = { beforeName: 'b.hlo', afterName: 'a.hlo' };
  return compareModules({ ...names, before: b!, after: a!, contract, cases });
}

describe('a body that no case enters', () => {
  test.each([
    ['a branch', branching('ROOT r = f32[4] negate(p)'), branching('ROOT r = f32[4] abs(p)')],
    ['a loop', looping('w = f32[4] add(v, v)'), looping('w = f32[4] multiply(v, v)')],
  ])('of %s is judged on operands of the case, and is suspect at the most', (_, before, after) => {
    const report = compared(before, after);
    expect(report.verdict).toBe('suspect');
    expect(report.findings.map((f) => f.note).join()).toMatch(
      /no case enters %(rare|turn) of %[rl]:/,
    );
  });

  test.each([
    ['a branch', branching('q = f32[4] add(p, p)\n ROOT r = f32[4] add(q, p)')],
    ['a loop', looping('u = f32[4] add(v, v)\n w = f32[4] add(u, v)')],
  ])('of %s that was rewritten right is silent, and still told', (_, before) => {
    const after = before.replace(/add\((q|u), (p|v)\)/, 'add($2, $1)');
    expect(after).not.toBe(before);
    const report = compared(before, after);
    expect(report.verdict).toBe('identical');
    expect(report.skipped).toEqual([]);
    expect(report.unreached).toHaveLength(1);
    const text = formatCompare(report);
    expect(text).toMatch(
      /Never executed, by no case:\n {2}%(rare|turn) of %[rl]: \d instructions, %/,
    );
    expect(text).toMatch(/100 % of \d+ elements decided, \d instructions never executed/);
  });

  test('that is gone stays open, unless no input has a say in it', () => {
    const gone = (predicate: string) => `HloModule m
      ENTRY main { x = f32[4] parameter(0)\n s = f32[] parameter(1)
        ${predicate} ROOT r = f32[4] copy(x) }`;
    const dead = branching('ROOT r = f32[4] negate(p)').replace('compare(s, k)', 'compare(k, k)');
    const open = compared(branching('ROOT r = f32[4] negate(p)'), gone(''));
    expect(open.skipped.map((s) => s.why)).toEqual([
      '%rare of %r, which no case enters, has no counterpart after it',
    ]);
    expect(compared(dead, gone('')).skipped).toEqual([]);
  });

  test('inside a body that is entered is found as well', () => {
    const nested = (op: string) => `HloModule m
      deep { p = f32[4] parameter(0)\n ROOT r = f32[4] ${op}(p) }
      usual { ROOT p = f32[4] parameter(0) }
      outer { p = f32[4] parameter(0)
        k = f32[] constant(1e30)
        i = f32[1] slice(p), slice={[0:1]}
        s = f32[] reshape(i)
        c = pred[] compare(s, k), direction=GT
        ROOT r = f32[4] conditional(c, p, p), true_computation=deep, false_computation=usual }
      ENTRY main { x = f32[4] parameter(0)
        y = f32[] parameter(1)
        z = f32[] constant(100)
        c = pred[] compare(y, z), direction=LT
        ROOT r = f32[4] conditional(c, x, x), true_computation=outer, false_computation=usual }`;
    const { verdict, findings } = compared(nested('negate'), nested('abs'), exact);
    expect(verdict).toBe('suspect');
    expect(findings[0]!.instruction).toMatch(/^r\/r\//);
  });
});

describe('a body behind a step that changed what the loop is given', () => {
  /** A loop of four turns that counts twice, by i and by k, and adds up one of them. */
  const counting = (given: string, lines: string) => `HloModule m
    more { t = (s32[], s32[], s32[]) parameter(0)
      i = s32[] get-tuple-element(t), index=0
      n = s32[] constant(4)
      ROOT c = pred[] compare(i, n), direction=LT }
    turn { t = (s32[], s32[], s32[]) parameter(0)
      i = s32[] get-tuple-element(t), index=0
      k = s32[] get-tuple-element(t), index=1
      v = s32[] get-tuple-element(t), index=2
      d = s32[] constant(1)
      i2 = s32[] add(i, d)
      ${lines} }
    ENTRY main { x = s32[] parameter(0)
      z = s32[] constant(0)
      two = s32[] constant(2)
      y = s32[] ${given}
      t = (s32[], s32[], s32[]) tuple(z, z, y)
      l = (s32[], s32[], s32[]) while(t), condition=more, body=turn
      ROOT r = s32[] get-tuple-element(l), index=2 }`;
  const both =
    'k2 = s32[] add(k, d)\n w = s32[] add(v, k)\n ROOT n = (s32[], s32[], s32[]) tuple(i2, k2, w)';
  const single = 'w = s32[] add(v, i)\n ROOT n = (s32[], s32[], s32[]) tuple(i2, k, w)';

  test('is entered, though the value of the loop was handed on', () => {
    const [first, scaled, counted] = [
      counting('add(x, x)', both),
      counting('multiply(x, two)', both),
      counting('multiply(x, two)', single),
    ].map((text) => parseModule(text));
    const cases = [sessionCase(generateCase(first!, 'typical', 1))];
    const steps = [scaled!, counted!].map((module, n) => ({
      ...{ module, contract: exact, replay: () => '' },
      place: { graph: 'g', backend: 'b', pass: `pass ${n}`, step: n, note: '' },
    }));
    const record = validateStates({ first: first!, cases, steps });
    expect(record.findings).toEqual([]);
    expect(record.steps.map((s) => s.outcome)).toEqual(['judged', 'judged']);
  });
});

/** Computations that a module enters on typical inputs with each list of edits. */
function enteredWith(text: string): string[][] {
  const module = parseModule(text);
  const { inputs } = generateCase(module, 'typical', 1);
  return branchInputs(module).map((edits) => {
    const entered = new Set<Computation>();
    runReference(module, editedInputs(inputs, edits), { entered: (c) => entered.add(c) });
    return [...entered].map((c) => c.name);
  });
}

describe('inputs are solved for', () => {
  const predicates = [
    'k = f32[] constant(1e30)\n c = pred[] compare(s, k), direction=GT',
    'k = f32[] constant(-7)\n c = pred[] compare(k, s), direction=EQ',
    'k = f32[] constant(0)\n d = pred[] compare(s, k), direction=GE\n c = pred[] not(d)',
    `k = f32[] constant(3)\n u = f32[] add(s, k)\n l = f32[] constant(3.5)
     c = pred[] compare(u, l), direction=LE`,
    `k = f32[] constant(10)\n n = s32[] convert(s)\n f = f32[] convert(n)
     a = pred[] compare(f, k), direction=EQ\n b = pred[] compare(s, k), direction=GE
     c = pred[] and(a, b)`,
    `e = f32[1] slice(x), slice={[2:3]}\n q = f32[] reshape(e)\n k = f32[] constant(50)
     c = pred[] compare(q, k), direction=GT`,
    `z = f32[] constant(2)\n q = f32[] reduce(x, z), dimensions={0}, to_apply=adds
     k = f32[] constant(18)\n c = pred[] compare(q, k), direction=EQ`,
    `z = f32[] constant(inf)\n q = f32[] reduce(x, z), dimensions={0}, to_apply=least
     k = f32[] constant(50)\n c = pred[] compare(q, k), direction=GT`,
    `h = f32[] constant(3)\n t = f32[4] broadcast(h), dimensions={}\n u = pred[4] compare(x, t), direction=GT
     f = f32[4] convert(u)\n z = f32[] constant(0)
     q = f32[] reduce(f, z), dimensions={0}, to_apply=adds
     k = f32[] constant(4)\n c = pred[] compare(q, k), direction=EQ`,
    `v = f32[4] multiply(x, x)\n z = f32[] constant(0)
     q = f32[] reduce(v, z), dimensions={0}, to_apply=adds\n n = f32[] sqrt(q)
     k = f32[] constant(1e6)\n c = pred[] compare(n, k), direction=GT`,
    'g = pred[] is-finite(s)\n c = pred[] not(g)',
    `n = s32[] convert(s)\n y = s32[] constant(20)\n w = s32[] xor(n, y)\n b = s32[] constant(3)
     l = s32[] shift-left(w, b)\n k = s32[] constant(800)\n c = pred[] compare(l, k), direction=EQ`,
  ];
  const folds = `
    adds { a = f32[] parameter(0)\n b = f32[] parameter(1)\n ROOT c = f32[] add(a, b) }
    least { a = f32[] parameter(0)\n b = f32[] parameter(1)\n ROOT c = f32[] minimum(a, b) }`;
  test.each(predicates)('both branches of %#', (predicate) => {
    const text = branching('ROOT r = f32[4] negate(p)')
      .replace(/k = f32[\s\S]*direction=GT/, predicate)
      .replace('HloModule m', `HloModule m${folds}`);
    const entered = enteredWith(text);
    expect(entered.some((names) => names.includes('rare'))).toBe(true);
    expect(entered.some((names) => names.includes('usual'))).toBe(true);
  });

  test('every branch of an index, and a loop that is entered and one that is not', () => {
    const arms = ['a', 'b', 'c', 'd'];
    const text = `HloModule m
      ${arms.map((a) => `${a} { p = f32[] parameter(0)\n ROOT r = f32[] negate(p) }`).join('\n')}
      ENTRY main { k = s32[] parameter(0)\n x = f32[] parameter(1)
        ROOT r = f32[] conditional(k, x, x, x, x), branch_computations={a,b,c,d} }`;
    const entered = enteredWith(text).flat();
    expect(arms.filter((a) => !entered.includes(a))).toEqual([]);
    const loop = looping('w = f32[4] add(v, v)').replace('minimum(n, z)', 'add(n, z)');
    expect(enteredWith(loop).map((names) => names.includes('turn'))).toEqual([true, false]);
  });

  test('a loop that counts from a constant up to what is given', () => {
    const counting = (direction: string) => `HloModule m
      more { t = (s32[], s32[]) parameter(0)
        i = s32[] get-tuple-element(t), index=0
        n = s32[] get-tuple-element(t), index=1
        ROOT c = pred[] compare(i, n), direction=${direction} }
      turn { t = (s32[], s32[]) parameter(0)
        i = s32[] get-tuple-element(t), index=0
        n = s32[] get-tuple-element(t), index=1
        d = s32[] constant(1)
        j = s32[] add(i, d)
        ROOT u = (s32[], s32[]) tuple(j, n) }
      ENTRY main { n = s32[] parameter(0)\n z = s32[] constant(0)
        t = (s32[], s32[]) tuple(z, n)
        l = (s32[], s32[]) while(t), condition=more, body=turn
        ROOT r = s32[] get-tuple-element(l), index=0 }`;
    for (const direction of ['LT', 'NE']) {
      const entered = enteredWith(counting(direction));
      expect(entered.map((names) => names.includes('turn'))).toEqual([true, false]);
    }
  });

  test('by default, so that what a branch does is judged as it runs', () => {
    const [b, a] = ['negate', 'abs'].map((op) =>
      parseModule(branching(`ROOT r = f32[4] ${op}(p)`)),
    );
    const cases = defaultCases(b!, 1, { others: [a!] });
    const taking = cases.filter((c) => c.kind === 'branches');
    expect(taking.map((c) => c.why)).toEqual(Array(2).fill(expect.stringContaining('solved')));
    const names = { beforeName: 'b.hlo', afterName: 'a.hlo', contract: reassociates };
    const report = compareModules({
      ...names,
      before: b!,
      after: a!,
      cases: cases.map(sessionCase),
    });
    expect(report.verdict).toBe('beyond');
    expect(report.unreached).toEqual([]);
    expect(report.findings[0]!.cases?.map((c) => c.case) ?? []).toContain('branches-1');
  });

  const inner = (argument: string, state: string) => `HloModule m
      rare { p = f32[] parameter(0)\n ROOT r = f32[] negate(p) }
      usual { p = f32[] parameter(0)\n ROOT r = f32[] abs(p) }
      deep { s = ${state} parameter(0)
        ${argument}
        k = f32[] constant(1e30)
        c = pred[] compare(p, k), direction=GT
        ROOT r = f32[] conditional(c, p, p), true_computation=rare, false_computation=usual }`;
  const start = 'x = f32[] parameter(0)\n y = f32[] parameter(1)';

  test('a conditional in a branch, of what the branch is given', () => {
    const entered = enteredWith(`${inner('p = f32[] copy(s)', 'f32[]')}
      ENTRY main { ${start}
        k = f32[] constant(-100)
        c = pred[] compare(y, k), direction=LT
        ROOT r = f32[] conditional(c, x, y), true_computation=deep, false_computation=usual }`);
    expect(entered.some((names) => names.includes('rare'))).toBe(true);
    expect(entered.some((names) => names.includes('deep') && names.includes('usual'))).toBe(true);
    expect(entered.some((names) => !names.includes('deep'))).toBe(true);
  });

  test('a conditional in the first round of a loop', () => {
    const entered =
      enteredWith(`${inner('p = f32[] get-tuple-element(s), index=1', '(s32[], f32[])')}
      going { s = (s32[], f32[]) parameter(0)
        i = s32[] get-tuple-element(s), index=0\n n = s32[] constant(3)
        ROOT c = pred[] compare(i, n), direction=LT }
      round { s = (s32[], f32[]) parameter(0)
        i = s32[] get-tuple-element(s), index=0\n one = s32[] constant(1)
        j = s32[] add(i, one)\n v = f32[] call(s), to_apply=deep
        ROOT t = (s32[], f32[]) tuple(j, v) }
      ENTRY main { i = s32[] parameter(0)\n x = f32[] parameter(1)
        t = (s32[], f32[]) tuple(i, x)
        ROOT w = (s32[], f32[]) while(t), condition=going, body=round }`);
    expect(entered.some((names) => names.includes('rare'))).toBe(true);
    expect(entered.some((names) => !names.includes('round'))).toBe(true);
  });

  test('none where there is no telling, or nothing to take', () => {
    const module = parseModule(
      branching('ROOT r = f32[4] negate(p)')
        .replace('(s, k)', '(t, k)')
        .replace('k = f32', 't = f32[] tanh(s)\n k = f32'),
    );
    expect(branchInputs(module)).toEqual([]);
  });
});
