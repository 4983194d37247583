/**
 * Complete modules from the examples of the op table. Operands written with their shapes become
 * parameters, except one that is named like an opcode: the example of that opcode produces it, as
 * the second half of an asynchronous pair needs the first.
 */
import { isOpcode, type Opcode, rowOf } from './table.ts';

/** The computations that examples call, by name, with the computations that they call. */
const library: Readonly<Record<string, string>> = {
  add_f32: binary('f32[]', 'add'),
  max_f32: binary('f32[]', 'maximum'),
  lt_f32: comparison('f32', 'LT'),
  ge_f32: comparison('f32', 'GE'),
  gt_topk_f32: `(p.0.lhs: f32[], p.0.rhs: f32[], p.1.lhs: s32[], p.1.rhs: s32[]) -> pred[] {
  p.0.lhs = f32[] parameter(0)
  p.0.rhs = f32[] parameter(1)
  p.1.lhs = s32[] parameter(2)
  p.1.rhs = s32[] parameter(3)
  ROOT gt = pred[] compare(p.0.lhs, p.0.rhs), direction=GT
}`,
  negate_f32x4: `(x: f32[4]) -> f32[4] {
  x = f32[4] parameter(0)
  ROOT y = f32[4] negate(x)
}`,
  double_f32x4: `(x: f32[4]) -> f32[4] {
  x = f32[4] parameter(0)
  ROOT y = f32[4] add(x, x)
}`,
  fused_multiply_add: `(x: f32[4], y: f32[4]) -> f32[4] {
  x = f32[4] parameter(0)
  y = f32[4] parameter(1)
  product = f32[4] multiply(x, y)
  ROOT sum = f32[4] add(product, y)
}`,
  below_10: `(state: (s32[], f32[4])) -> pred[] {
  state = (s32[], f32[4]) parameter(0)
  i = s32[] get-tuple-element(state), index=0
  ten = s32[] constant(10)
  ROOT lt = pred[] compare(i, ten), direction=LT
}`,
  double_and_count: `(state: (s32[], f32[4])) -> (s32[], f32[4]) {
  state = (s32[], f32[4]) parameter(0)
  i = s32[] get-tuple-element(state), index=0
  x = f32[4] get-tuple-element(state), index=1
  one = s32[] constant(1)
  next = s32[] add(i, one)
  twice = f32[4] add(x, x)
  ROOT after = (s32[], f32[4]) tuple(next, twice)
}`,
};

function binary(type: string, opcode: string): string {
  return `(x: ${type}, y: ${type}) -> ${type} {
  x = ${type} parameter(0)
  y = ${type} parameter(1)
  ROOT z = ${type} ${opcode}(x, y)
}`;
}

function comparison(type: string, direction: string): string {
  return `(x: ${type}[], y: ${type}[]) -> pred[] {
  x = ${type}[] parameter(0)
  y = ${type}[] parameter(1)
  ROOT z = pred[] compare(x, y), direction=${direction}
}`;
}

/** A module whose instruction `r` is the example of an opcode: its root, or what the root awaits. */
export function exampleModule(opcode: Opcode): string {
  return moduleOf(rowOf(opcode).example, opcode);
}

/** The op that must consume the result of the first half of an asynchronous pair. */
function consumerOf(opcode: Opcode): Opcode | undefined {
  const done = `${opcode.replace(/-(start|update)$/, '')}-done`;
  const isFirst = rowOf(opcode).groups.includes('async') && !opcode.endsWith('-done');
  return isFirst && isOpcode(done) ? done : undefined;
}

/** A module around one instruction of an opcode, its operands' shapes inline as in examples. */
export function moduleOf(example: string, opcode: Opcode): string {
  const lines: string[] = [];
  const consumer = consumerOf(opcode);
  let root = expand(example, opcode, lines);
  if (consumer) {
    lines.push(root);
    const { head, tail } = cut(rowOf(consumer).example);
    root = `${head.replace(/^r =/, 'done =')}(r)${tail}`;
  }
  const called = Object.keys(library).filter((f) =>
    new RegExp(`\\b${f}\\b`).test([...lines, root].join('\n')),
  );
  const functions = called.map((f) => `${f} ${library[f]}\n\n`).join('');
  const body = lines.map((line) => `  ${line}\n`).join('');
  return `HloModule ${opcode.replaceAll('-', '_')}\n\n${functions}ENTRY main {\n${body}  ROOT ${root}\n}\n`;
}

/** Puts the producers of the operands into `lines`; returns the instruction on their names. */
function expand(example: string, opcode: Opcode, lines: string[]): string {
  if (rowOf(opcode).argument) return example;
  const { head, operands, tail } = cut(example);
  const names = operands.map((operand) => {
    const space = operand.lastIndexOf(' ');
    const [shape, name] = [operand.slice(0, space), operand.slice(space + 1)];
    if (space < 0) return operand;
    if (!isOpcode(name)) {
      const index = lines.filter((line) => / parameter\(\d+\)$/.test(line)).length;
      lines.push(`${name} = ${shape} parameter(${index})`);
    } else if (!lines.some((line) => line.startsWith(`${name} = `))) {
      const produced = expand(rowOf(name).example, name, lines);
      lines.push(`${name} = ${produced.slice(produced.indexOf(' = ') + 3)}`);
    }
    return name;
  });
  return `${head}(${names.join(', ')})${tail}`;
}

/** Cuts `r = shape opcode(operands), attributes` at the parentheses of the opcode. */
function cut(example: string): { head: string; operands: readonly string[]; tail: string } {
  const open = /[a-z0-9]\(/.exec(example)!.index + 1;
  const operands: string[] = [];
  let from = open + 1;
  for (let at = from, depth = 0; ; at++) {
    const c = example[at]!;
    const ends = depth === 0 && (c === ')' || c === ',');
    if (ends && at > from) operands.push(example.slice(from, at).trim());
    if (ends) from = at + 1;
    if (ends && c === ')')
      return { head: example.slice(0, open), operands, tail: example.slice(from) };
    if ('([{'.includes(c)) depth++;
    if (')]}'.includes(c)) depth--;
  }
}
