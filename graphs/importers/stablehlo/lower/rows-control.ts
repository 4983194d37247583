/**
 * Calls, branches, loops, tuples, tokens. HLO's branches and loops see nothing from outside: what
 * a region uses becomes part of the operand of its branch, or of the state of its loop.
 */
import type { Instruction } from '../../../ir/module.ts';
import { type Shape, tupleShape } from '../../../ir/shape.ts';
import { quoteString } from '../../../text/string-escape.ts';
import type { Region } from '../parse/ast.ts';
import { checkTypes } from '../parse/signatures.ts';
import { intsOf, type LoweringRows, type OpContext } from './op-context.ts';
import { freeNames } from './regions.ts';
import { rngAlgorithm } from './rng.ts';
import { shapeCalls } from './shape-calls.ts';
import { numbersOf } from './shape-values.ts';

/** Names from outside that regions use, with their values here. */
function captured(
  o: OpContext,
  regions: readonly Region[],
): ReadonlyMap<string, readonly Instruction[]> {
  const found = new Map<string, readonly Instruction[]>();
  for (const region of regions) {
    for (const name of freeNames(region)) {
      const values = o.scope.lookup(name) ?? o.fail('undefined', `%${name} is not defined`);
      found.set(name, values);
    }
  }
  return found;
}

/**
 * A region as a computation of one tuple: the values of its arguments, then what is captured. The
 * body may carry the captured values on.
 */
function overTuple(
  o: OpContext,
  region: Region,
  argCount: number,
  captures: ReadonlyMap<string, readonly Instruction[]>,
  state: Shape,
  finish: Finish,
): string {
  const { program } = o.scope;
  return program.computation(program.freshName('region'), (b) => {
    const inner = o.scope.child(b);
    const parameter = inner.parameter('state', state);
    let index = 0;
    const next = () => inner.emit('get-tuple-element', [parameter], { index: index++ });
    if (region.args.length !== argCount) o.fail('regions', `a region takes ${argCount} arguments`);
    for (const arg of region.args) {
      const value = next();
      checkTypes(`%${arg.name}: value`, [arg.type], [value.shape], o.op.position);
      if (arg.type.kind === 'tensor') inner.quantize(value, arg.type.quantized);
      inner.bind(arg.name, [value], o.op.position);
    }
    const carried: Instruction[] = [];
    for (const [name, values] of captures) {
      const inside = values.map((v) => {
        const value = next();
        inner.quantize(value, o.scope.quantizedOf(v));
        const numbers = numbersOf(o.scope, v);
        if (numbers) inner.numbers.set(value.id, numbers);
        return value;
      });
      carried.push(...inside);
      inner.bind(name, inside, o.op.position);
    }
    const results = inner.lowerBlock(region.ops, o.op.position);
    if (finish === 'first') return results[0] ?? o.fail('regions', 'a condition is missing');
    return inner.emit('tuple', finish === 'carry' ? [...results, ...carried] : results);
  });
}

/** What becomes the root: the first result, all, or all and the captured values again. */
type Finish = 'first' | 'all' | 'carry';

function whileLoop(o: OpContext) {
  const [condition, body] = [o.region(0), o.region(1)];
  const captures = captured(o, [condition, body]);
  const initial = [...o.operands, ...[...captures.values()].flat()];
  const state = tupleShape(initial.map((x) => x.shape));
  const count = o.operands.length;
  const made = o.emit('while', [o.emit('tuple', initial)], {
    condition: overTuple(o, condition, count, captures, state, 'first'),
    body: overTuple(o, body, count, captures, state, 'carry'),
  });
  return o.operands.map((_, index) => o.emit('get-tuple-element', [made], { index }));
}

interface Branch {
  readonly operand: Instruction;
  readonly computation: string;
}

function branches(o: OpContext): readonly Branch[] {
  return o.op.regions.map((region) => {
    const captures = captured(o, [region]);
    const operand = o.emit('tuple', [...captures.values()].flat());
    const computation = overTuple(o, region, 0, captures, operand.shape, 'all');
    return { operand, computation };
  });
}

function conditional(o: OpContext) {
  const [onTrue, onFalse] = branches(o);
  if (!onTrue || !onFalse) return o.fail('regions', 'two regions are needed');
  const made = o.emit('conditional', [o.x(), onTrue.operand, onFalse.operand], {
    true_computation: onTrue.computation,
    false_computation: onFalse.computation,
  });
  return o.untuple(made);
}

function cases(o: OpContext) {
  const all = branches(o);
  const operands = [o.x(), ...all.map((b) => b.operand)];
  const branch_computations = all.map((b) => b.computation);
  return o.untuple(o.emit('conditional', operands, { branch_computations }));
}

function customCall(o: OpContext) {
  const custom_call_target = o.symbol(['callee', 'call_target_name']);
  const meant = Object.hasOwn(shapeCalls, custom_call_target) && shapeCalls[custom_call_target];
  if (meant) return meant(o);
  const shapes = o.op.resultTypes.map((_, i) => o.declared(i) ?? o.declaredArray(i));
  const shape = shapes.length === 1 ? shapes[0]! : tupleShape(shapes);
  const version = apiVersions[o.int(['api_version'], 1)];
  const attrs = {
    custom_call_target,
    custom_call_has_side_effect: o.bool(['has_side_effect'], false),
    called_computations: calledComputations(o),
    ...(version && { api_version: version }),
  };
  const extras = backendConfig(o);
  const made = o.emit('custom-call', o.operands, attrs, { shape, extras });
  return shapes.length === 1 ? made : o.untuple(made);
}

/** Versions of custom calls that HLO's text names; the first is the usual one. */
const apiVersions = [
  undefined,
  undefined,
  'API_VERSION_STATUS_RETURNING',
  'API_VERSION_STATUS_RETURNING_UNIFIED',
  'API_VERSION_TYPED_FFI',
] as const;

/** Functions that the target may call, as computations. */
function calledComputations(o: OpContext): readonly string[] {
  const found = o.attr('called_computations');
  if (!found) return [];
  const items = found.kind === 'array' ? found.items : [];
  return items.map((item) => {
    if (item.kind !== 'symbol') return o.fail('attribute', 'called_computations is malformed');
    return o.scope.program.declaredCallee(item.value, o.op.position);
  });
}

/** What the target is told, where it is a text: kept as it is. */
function backendConfig(o: OpContext): Readonly<Record<string, string>> {
  const found = o.attr('backend_config');
  if (found?.kind !== 'string' || found.value === '') return {};
  return { backend_config: quoteString(found.value) };
}

function barrier(o: OpContext) {
  if (o.operands.length === 0) return [];
  return o.untuple(o.emit('opt-barrier', [o.emit('tuple', o.operands)]));
}

function getTupleElement(o: OpContext) {
  const [written] = o.words();
  const index = written ? (intsOf(written)?.[0] ?? 0) : o.int(['index']);
  return o.emit('get-tuple-element', [o.x()], { index });
}

function rngBitGenerator(o: OpContext) {
  const algorithm = rngAlgorithm(o);
  const shape = tupleShape([o.declaredArray(0), o.declaredArray(1)]);
  return o.untuple(o.emit('rng-bit-generator', [o.x()], { algorithm }, { shape }));
}

function rng(o: OpContext) {
  const word = o.word(['distribution', 'rng_distribution']);
  const distribution = word === 'NORMAL' ? 'rng_normal' : 'rng_uniform';
  return o.emit('rng', [o.x(0), o.x(1)], { distribution }, { shape: o.declaredArray() });
}

/** An asynchronous region runs where it starts; its future is its result, or a tuple of several. */
function asyncStart(o: OpContext) {
  return o.emit('call', o.operands, { to_apply: o.closed(o.region(), 'async') });
}

/** Ops that need a host or another process to be at the other end. */
const elsewhere: LoweringRows = Object.fromEntries(
  ['infeed', 'outfeed', 'send', 'recv'].map((name) => [
    `stablehlo.${name}`,
    (o: OpContext) => o.fail('unsupported-op', 'there is no host or other process to talk to'),
  ]),
);

/** Ops that StableHLO has given up. */
const deprecated: LoweringRows = Object.fromEntries(
  ['einsum', 'unary_einsum', 'torch_index_select'].map((name) => [
    `stablehlo.${name}`,
    (o: OpContext) => o.fail('unsupported-op', 'the op is deprecated; write it in current ones'),
  ]),
);

/** Rows by op. */
export const controlRows: LoweringRows = {
  ...elsewhere,
  ...deprecated,
  'func.call': (o) => o.call(o.symbol(['callee']), o.operands),
  'sdy.sharding_constraint': (o) => o.x(),
  'stablehlo.after_all': (o) => o.emit('after-all', o.operands),
  'stablehlo.async_done': (o) => o.untuple(o.x()),
  'stablehlo.async_start': asyncStart,
  'stablehlo.case': cases,
  'stablehlo.composite': (o) => o.call(o.symbol(['decomposition']), o.operands),
  'stablehlo.create_token': (o) => o.emit('after-all', []),
  'stablehlo.custom_call': customCall,
  'stablehlo.get_tuple_element': getTupleElement,
  'stablehlo.if': conditional,
  'stablehlo.optimization_barrier': barrier,
  'stablehlo.partition_id': (o) => o.emit('partition-id', []),
  'stablehlo.replica_id': (o) => o.emit('replica-id', []),
  'stablehlo.rng': rng,
  'stablehlo.rng_bit_generator': rngBitGenerator,
  'stablehlo.tuple': (o) => o.emit('tuple', o.operands),
  'stablehlo.while': whileLoop,
};
