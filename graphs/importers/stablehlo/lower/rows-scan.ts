/**
 * CHLO's scan as a loop: a body maps a slice of each input and the carried values to a slice of
 * each output and the next carried values. HLO has no opcode for it.
 */
import type { Instruction } from '../../../ir/module.ts';
import { type ArrayShape, type Shape, tupleShape } from '../../../ir/shape.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import { arrayOf, type LoweringRows, OpContext } from './op-context.ts';

/** What the loop is about, before and inside it. */
interface Scan {
  readonly dimension: number;
  /** Number of steps. */
  readonly count: number;
  readonly reverse: boolean;
  /** Name of the body's computation, and how many values it carries. */
  readonly body: string;
  readonly carries: number;
  readonly outputs: readonly ArrayShape[];
}

function scan(o: OpContext): readonly Instruction[] {
  const [given, carries] = o.ints(['operandSegmentSizes']);
  if (given === undefined || carries === undefined || given + carries !== o.operands.length) {
    return o.fail('operands', 'operandSegmentSizes does not count the operands');
  }
  const [inputs, inits] = [o.operands.slice(0, given), o.operands.slice(given)];
  const all = o.op.resultTypes.map((_, i) => o.declaredArray(i));
  const outputs = all.slice(0, all.length - carries);
  const dimension = o.int(['dimension']);
  const sized = (inputs[0] && arrayOf(inputs[0])) ?? outputs[0];
  const count = sized?.dims[dimension] ?? o.int(['scan_dim_size']);
  const agree = [...inputs.map(arrayOf), ...outputs].every((s) => s?.dims[dimension] === count);
  if (!agree) o.fail('operands', `sizes of dimension ${dimension} differ`);
  const reverse = o.bool(['is_reverse'], false);
  const body = o.closed(o.region(), 'scan');
  const s: Scan = { dimension, count, reverse, body, carries, outputs };
  const state = [number(o, 0), ...inits, ...outputs.map((shape) => zeros(o, shape)), ...inputs];
  const shape = tupleShape(state.map((x) => x.shape));
  const made = o.emit('while', [o.emit('tuple', state)], {
    condition: condition(o, s, shape),
    body: step(o, s, shape),
  });
  const part = (index: number) => o.emit('get-tuple-element', [made], { index });
  const ends = inits.map((_, i) => part(1 + i));
  return [...outputs.map((_, i) => part(1 + carries + i)), ...ends];
}

function number(o: OpContext, value: number): Instruction {
  return o.literal(tensorOf('s64', [], [value]));
}

function zeros(o: OpContext, { type, dims }: ArrayShape): Instruction {
  return o.spread(o.convert(o.literal(tensorOf('s32', [], [0])), type), dims);
}

/** A computation of the loop's state. */
function overState(
  o: OpContext,
  stem: string,
  state: Shape,
  body: (inner: OpContext, parts: readonly Instruction[]) => Instruction,
): string {
  const { program } = o.scope;
  return program.computation(program.freshName(stem), (b) => {
    const scope = o.scope.child(b);
    const parameter = scope.parameter('state', state);
    const inner = new OpContext(o.op, scope, [parameter]);
    return body(inner, inner.untuple(parameter));
  });
}

function condition(o: OpContext, { count }: Scan, state: Shape): string {
  return overState(o, 'scan_condition', state, (inner, [index]) =>
    inner.emit('compare', [index!, number(inner, count)], { direction: 'LT' }),
  );
}

function step(o: OpContext, s: Scan, state: Shape): string {
  return overState(o, 'scan_step', state, (inner, [index, ...parts]) => {
    const carried = parts.slice(0, s.carries);
    const outputs = parts.slice(s.carries, s.carries + s.outputs.length);
    const inputs = parts.slice(s.carries + s.outputs.length);
    const last = number(inner, s.count - 1);
    const place = s.reverse ? inner.emit('subtract', [last, index!]) : index!;
    const starts = (x: Instruction) =>
      arrayOf(x)!.dims.map((_, d) => (d === s.dimension ? place : number(inner, 0)));
    const rows = inputs.map((x) => {
      const { dims } = arrayOf(x)!;
      const dynamic_slice_sizes = dims.with(s.dimension, 1);
      const row = inner.emit('dynamic-slice', [x, ...starts(x)], { dynamic_slice_sizes });
      return inner.reshape(row, dims.toSpliced(s.dimension, 1));
    });
    const call = inner.emit('call', [...rows, ...carried], { to_apply: s.body });
    const made = inner.untuple(call);
    if (made.length !== outputs.length + s.carries) o.fail('results', 'the body gives too few');
    const written = outputs.map((x, i) => {
      const row = inner.reshape(made[i]!, arrayOf(x)!.dims.with(s.dimension, 1));
      return inner.emit('dynamic-update-slice', [x, row, ...starts(x)]);
    });
    const next = inner.emit('add', [index!, number(inner, 1)]);
    return inner.emit('tuple', [next, ...made.slice(outputs.length), ...written, ...inputs]);
  });
}

/** Rows by op. */
export const scanRows: LoweringRows = { 'chlo.scan': scan };
