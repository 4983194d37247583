/** Shape rules of ops that structure a module: tuples, calls, loops, constants, random numbers. */

import { isFloat } from '../../ir/element-type.ts';
import { type Shape, type TupleShape, tupleShape } from '../../ir/shape.ts';
import type { Value } from '../../ir/tensor.ts';
import type { Literal } from '../attr.ts';
import type { Signature } from '../row.ts';
import {
  arrayAt,
  arrayOf,
  compatible,
  declaredArray,
  type Given,
  isScalar,
  likeType,
  need,
  text,
} from './checks.ts';
import { checkKnownTarget } from './known-target.ts';

const token: Shape = { kind: 'token' };
const pred = arrayOf('pred', []);

/** The k-th operand, which must be a tuple; labelled `<op>_i<k+1>`. */
export function tupleAt(c: Given, k: number, op: string): TupleShape {
  const shape = c.operands[k];
  need(
    c,
    shape?.kind === 'tuple',
    `${op}_i${k + 1}`,
    () => `operand ${k} must be a tuple, got ${text(shape)}`,
  );
  return shape as TupleShape;
}

/** Demands a token as the k-th operand. */
export function needToken(c: Given, k: number, op: string): void {
  const shape = c.operands[k];
  need(
    c,
    shape?.kind === 'token',
    `${op}_i${k + 1}`,
    () => `operand ${k} must be a token, got ${text(shape)}`,
  );
}

/** The declared shape, which must be the literal's; an elided literal has any. */
export function constantShape(c: Given<{ readonly literal: Literal }>): Shape {
  const { literal } = c.attrs;
  if (literal.kind === 'elided') return c.declared;
  const shape = shapeOfValue(literal);
  need(
    c,
    compatible(shape, c.declared),
    'constant_c1',
    () => `the literal is ${text(shape)}, the constant ${text(c.declared)}`,
  );
  return c.declared;
}

function shapeOfValue(value: Value): Shape {
  if (value.kind === 'tuple') return tupleShape(value.elements.map(shapeOfValue));
  return value.kind === 'token' ? token : value.shape;
}

/** The element's own shape. */
export function getTupleElementShape(c: Given<{ readonly index: number }>): Shape {
  const { elements } = tupleAt(c, 0, 'get_tuple_element');
  const { index } = c.attrs;
  need(
    c,
    index >= 0 && index < elements.length,
    'get_tuple_element_c1',
    () => `index=${index} must lie in [0, ${elements.length})`,
  );
  return elements[index]!;
}

/** Demands that a computation takes exactly these operands. */
function needTakes(
  c: Given,
  name: string,
  { parameters }: Signature,
  operands: readonly Shape[],
  op: string,
): void {
  need(
    c,
    parameters.length === operands.length,
    `${op}_c1`,
    () => `${name} takes ${parameters.length} parameters, got ${operands.length} operands`,
  );
  const wrong = parameters.findIndex((p, i) => !compatible(p, operands[i]!));
  need(
    c,
    wrong < 0,
    `${op}_c2`,
    () =>
      `parameter ${wrong} of ${name} is ${text(parameters[wrong])}, ` +
      `its operand is ${text(operands[wrong])}`,
  );
}

/** What the computation gives; the operands are its parameters. */
export function callShape(c: Given<{ readonly to_apply: string }>): Shape {
  const signature = c.signature(c.attrs.to_apply);
  needTakes(c, c.attrs.to_apply, signature, c.operands, 'call');
  return signature.result;
}

/** A fusion may have more operands than its computation has parameters. */
export function fusionShape(c: Given<{ readonly calls: string }>): Shape {
  const signature = c.signature(c.attrs.calls);
  const used = c.operands.slice(0, signature.parameters.length);
  needTakes(c, c.attrs.calls, signature, used, 'fusion');
  return signature.result;
}

/** The shape of the operand, which condition and body take and the body gives. */
export function whileShape(c: Given<{ readonly condition: string; readonly body: string }>): Shape {
  const init = c.operands[0]!;
  const [condition, body] = [c.signature(c.attrs.condition), c.signature(c.attrs.body)];
  for (const [name, { parameters }, label] of [
    [c.attrs.condition, condition, 'while_c1'],
    [c.attrs.body, body, 'while_c2'],
  ] as const) {
    need(
      c,
      parameters.length === 1 && compatible(parameters[0]!, init),
      label,
      () => `${name} must take ${text(init)}, it takes (${parameters.map(text).join(', ')})`,
    );
  }
  need(
    c,
    compatible(condition.result, pred),
    'while_c1',
    () => `${c.attrs.condition} must give pred[], it gives ${text(condition.result)}`,
  );
  need(
    c,
    compatible(body.result, init),
    'while_c2',
    () => `${c.attrs.body} must give ${text(init)} again, it gives ${text(body.result)}`,
  );
  return init;
}

interface Branches {
  readonly branch_computations?: readonly string[];
  readonly true_computation?: string;
  readonly false_computation?: string;
}

/** Names of the branches in order: of an index, or (true, false) of a predicate. */
export function branchesOf(attrs: Branches): readonly string[] {
  const two = [attrs.true_computation, attrs.false_computation];
  return attrs.branch_computations ?? two.filter((name) => name !== undefined);
}

/** What all branches give; a pred chooses among two, an s32 among any number. */
export function conditionalShape(c: Given<Branches>): Shape {
  const op = 'conditional';
  const branches = branchesOf(c.attrs);
  const index = arrayAt(c, 0, op);
  need(
    c,
    isScalar(index) && (index.type === 'pred' || index.type === 's32'),
    `${op}_i1`,
    () => `operand 0 must be pred[] or s32[], got ${text(index)}`,
  );
  need(
    c,
    index.type === 'pred' ? branches.length === 2 : branches.length > 0,
    `${op}_c1`,
    () => `${text(index)} cannot choose among ${branches.length} branches`,
  );
  need(
    c,
    c.operands.length === branches.length + 1,
    `${op}_x1`,
    () => `${branches.length} branches need one operand each, got ${c.operands.length - 1}`,
  );
  const signatures = branches.map((name) => c.signature(name));
  signatures.forEach(({ parameters, result }, i) => {
    need(
      c,
      parameters.length === 1 && compatible(parameters[0]!, c.operands[i + 1]!),
      `${op}_c2`,
      () => `${branches[i]} must take ${text(c.operands[i + 1])}, got ${parameters.map(text)}`,
    );
    need(
      c,
      compatible(result, signatures[0]!.result),
      `${op}_c3`,
      () => `${branches[i]} must give ${text(signatures[0]!.result)}, it gives ${text(result)}`,
    );
  });
  return signatures[0]!.result;
}

/** The declared shape; layout constraints, if given, suit the operands. */
export function customCallShape(
  c: Given<{
    readonly custom_call_target: string;
    readonly operand_layout_constraints?: readonly Shape[];
  }>,
): Shape {
  const constraints = c.attrs.operand_layout_constraints;
  checkKnownTarget(c, c.attrs.custom_call_target);
  if (!constraints || c.attrs.custom_call_target === 'LayoutConstraint') return c.declared;
  need(
    c,
    constraints.length === c.operands.length,
    'custom_call_x1',
    () => `${constraints.length} operand_layout_constraints for ${c.operands.length} operands`,
  );
  const wrong = constraints.findIndex((s, i) => !compatible(s, c.operands[i]!));
  need(
    c,
    wrong < 0,
    'custom_call_x2',
    () =>
      `operand_layout_constraints give operand ${wrong} as ${text(constraints[wrong])}, ` +
      `it is ${text(c.operands[wrong])}`,
  );
  return c.declared;
}

/** The shape of operand 0; operand 1 is a token. */
export function addDependencyShape(c: Given): Shape {
  needToken(c, 1, 'add_dependency');
  return c.operands[0]!;
}

/** A token. */
export function afterAllShape(): Shape {
  return token;
}

/** The declared shape, of the operands' element type; rng_normal gives floats only. */
export function rngShape(c: Given<{ readonly distribution: string }>): Shape {
  const [a, b] = [arrayAt(c, 0, 'rng'), arrayAt(c, 1, 'rng')];
  const result = declaredArray(c, 'rng_c3');
  const words = () => `got ${text(a)} and ${text(b)} for ${text(result)}`;
  need(c, isScalar(a), 'rng_i1', () => `operand 0 must be a scalar, ${words()}`);
  need(c, isScalar(b), 'rng_i2', () => `operand 1 must be a scalar, ${words()}`);
  need(
    c,
    a.type === b.type && likeType(a.type, result.type),
    'rng_c1',
    () => `operands and result must have one element type, ${words()}`,
  );
  need(
    c,
    c.attrs.distribution !== 'rng_normal' || isFloat(a.type),
    'rng_c2',
    () => `rng_normal needs a floating-point type, ${words()}`,
  );
  return result;
}

/** The declared shape: the bits alone, or (as StableHLO has it) a tuple of state and bits. */
export function rngBitGeneratorShape(c: Given): Shape {
  const state = c.operands[0]!;
  const { declared } = c;
  if (declared.kind !== 'tuple') return declared;
  need(
    c,
    declared.elements.length === 2 && compatible(declared.elements[0]!, state),
    'rng_bit_generator_c1',
    () => `the result must be (${text(state)}, bits), declared ${text(declared)}`,
  );
  return declared;
}
