/** Shape rules of transfers to the host or another device, and of asynchronous pairs. */
import { type Shape, tupleShape } from '../../ir/shape.ts';
import { arrayOf, compatible, type Given, need, text } from './checks.ts';
import { needToken, tupleAt } from './structure.ts';

const token: Shape = { kind: 'token' };
const u32 = arrayOf('u32', []);

/** (data, context, token) */
export function sendShape(c: Given): Shape {
  return tupleShape([c.operands[0]!, u32, token]);
}

/** A token. */
export function sendDoneShape(): Shape {
  return token;
}

/** (data as declared, u32[], token). */
export function recvShape(c: Given): Shape {
  return tupleShape([declaredData(c, 'recv'), u32, token]);
}

/** (data, token) */
export function recvDoneShape(c: Given): Shape {
  const { elements } = tupleAt(c, 0, 'recv_done');
  need(
    c,
    elements.length > 0,
    'recv_done_c1',
    () => `operand 0 must be (data, u32[], token[]), got ${text(c.operands[0])}`,
  );
  return tupleShape([elements[0]!, token]);
}

/** (data as declared, token); the operand, if there is one, is a token. */
export function infeedShape(c: Given): Shape {
  if (c.operands.length > 0) needToken(c, 0, 'infeed');
  return tupleShape([declaredData(c, 'infeed'), token]);
}

/** The first element of the declared tuple: the data, which no operand determines. */
function declaredData(c: Given, op: string): Shape {
  const data = c.declared.kind === 'tuple' ? c.declared.elements[0] : undefined;
  need(
    c,
    data !== undefined,
    `${op}_c1`,
    () => `the result must be a tuple that begins with the data, declared ${text(c.declared)}`,
  );
  return data as Shape;
}

/** A token; `outfeed_shape`, if given, is that of operand 0. */
export function outfeedShape(c: Given<{ readonly outfeed_shape?: Shape }>): Shape {
  const { outfeed_shape: said } = c.attrs;
  if (c.operands.length > 1) needToken(c, 1, 'outfeed');
  need(
    c,
    said === undefined || compatible(said, c.operands[0]!),
    'outfeed_c1',
    () => `outfeed_shape=${text(said)} is not the operand's ${text(c.operands[0])}`,
  );
  return token;
}

/** (destination, source, context) */
export function copyStartShape(c: Given): Shape {
  const data = c.operands[0]!;
  return tupleShape([data, data, u32]);
}

/** Element 0 of the start's (to, from, u32[]), of which the first two have one shape. */
export function copyDoneShape(c: Given): Shape {
  const { elements } = tupleAt(c, 0, 'copy_done');
  need(
    c,
    elements.length >= 2 && compatible(elements[0]!, elements[1]!),
    'copy_done_c1',
    () => `operand 0 must be (to, from, u32[]) of one shape, got ${text(c.operands[0])}`,
  );
  return elements[0]!;
}

interface Wrapped {
  readonly calls?: string;
}

/** The declared ((operands), result, context …), held against the wrapped computation. */
export function asyncStartShape(c: Given<Wrapped>): Shape {
  const op = 'async_start';
  const state = asyncState(c, c.declared, op);
  const taken = state[0]!;
  need(
    c,
    taken.kind === 'tuple' &&
      taken.elements.length === c.operands.length &&
      taken.elements.every((s, i) => compatible(s, c.operands[i]!)),
    `${op}_c3`,
    () =>
      `element 0 must hold the operands (${c.operands.map(text).join(', ')}), is ${text(taken)}`,
  );
  return c.declared;
}

/** The state as it came: (operands, results, …). */
export function asyncUpdateShape(c: Given<Wrapped>): Shape {
  asyncState(c, c.operands[0], 'async_update');
  return c.operands[0]!;
}

/** Element 1 of the state: the results of the wrapped computation. */
export function asyncDoneShape(c: Given<Wrapped>): Shape {
  return asyncState(c, c.operands[0], 'async_done')[1]!;
}

/** Elements of an async state; those of operands and result must be the computation's. */
function asyncState(c: Given<Wrapped>, state: Shape | undefined, op: string): readonly Shape[] {
  const elements = state?.kind === 'tuple' ? state.elements : [];
  need(
    c,
    elements.length >= 2,
    `${op}_c1`,
    () => `the async state must be ((operands), result, …), got ${text(state)}`,
  );
  const { calls } = c.attrs;
  if (calls === undefined) return elements;
  const { parameters, result } = c.signature(calls);
  need(
    c,
    compatible(elements[0]!, tupleShape(parameters)) && compatible(elements[1]!, result),
    `${op}_c4`,
    () =>
      `${calls} is (${parameters.map(text).join(', ')}) -> ${text(result)}, ` +
      `the async state is ${text(state)}`,
  );
  return elements;
}
