/** The pretty forms that are more than a list of parts: calls, loops, reductions, convolutions. */
import { byName } from '../../../ir/by-name.ts';
import type { Attr, BlockArgument, MlirType, ValueRef } from './ast.ts';
import { parseAttr, parseConvDims, parseDict } from './parse-attributes.ts';
import {
  mergeAttrs,
  type OpDraft,
  parseGeneric,
  parsePretty,
  parseRegion,
  parseTail,
  parseValue,
  skipLocation,
} from './parse-ops.ts';
import { type ParseContext, type PrettyForm, parseType } from './parse-types.ts';

/** By name of the op. */
export const prettyForms: Readonly<Record<string, PrettyForm>> = byName({
  'func.call': parseCall,
  'func.return': parseReturn,
  'stablehlo.return': parseReturn,
  'stablehlo.constant': parseConstant,
  'chlo.constant': parseConstant,
  'arith.constant': parseConstant,
  'stablehlo.custom_call': parseCall,
  'stablehlo.composite': parseComposite,
  'stablehlo.dynamic_slice': parseDynamicSlice,
  'chlo.scan': parseScan,
  'sdy.sharding_constraint': parseSharding,
  'stablehlo.while': parseWhile,
  'stablehlo.reduce': parseReduce,
  'stablehlo.convolution': parseConvolution,
  'stablehlo.optimization_barrier': parseBarrier,
});

/** `@name(%a, %b) {…} : types` */
function parseCall(p: ParseContext, draft: OpDraft): void {
  const { c } = p;
  draft.attrs.set('callee', parseAttr(p, false));
  draft.operands.push(...c.list('(', ')', 'operands', () => parseValue(p)));
  if (c.at('{')) mergeAttrs(p, draft);
  parseTail(p, draft);
}

/** `%a, %b : type, type`, or nothing at all. */
function parseReturn(p: ParseContext, draft: OpDraft): void {
  const { c } = p;
  if (c.at('%')) {
    do draft.operands.push(parseValue(p));
    while (c.accept(','));
  }
  if (c.at('{')) parseDict(p);
  parseTail(p, draft);
}

/** `{…} dense<…>`, or the generic form after the bare name. */
function parseConstant(p: ParseContext, draft: OpDraft): void {
  if (p.c.at('(')) {
    parseGeneric(p, draft);
    return;
  }
  if (p.c.at('{')) mergeAttrs(p, draft);
  const value = parseAttr(p, false);
  draft.attrs.set('value', value);
  if (value.kind === 'dense') draft.resultTypes = [value.type];
  parseTail(p, draft);
}

/** `(%x) inits(%c) dimension=0 attributes {…} {…} : types` */
function parseScan(p: ParseContext, draft: OpDraft): void {
  const { c } = p;
  const inputs = c.list('(', ')', 'inputs', () => parseValue(p));
  if (!c.acceptWord('inits')) c.unexpected('"inits"');
  const inits = c.list('(', ')', 'initial values', () => parseValue(p));
  draft.operands.push(...inputs, ...inits);
  const counts = [inputs, inits].map((list): Attr => ({ kind: 'int', value: BigInt(list.length) }));
  draft.attrs.set('operandSegmentSizes', { kind: 'array', items: counts });
  if (!c.acceptWord('dimension')) c.unexpected('"dimension"');
  c.expect('=', 'after dimension');
  draft.attrs.set('dimension', parseAttr(p, false));
  if (c.acceptWord('attributes')) mergeAttrs(p, draft);
  draft.regions.push(parseRegion(p));
  parseTail(p, draft);
}

/** `%x <@mesh, [{"x"}]> : type` */
function parseSharding(p: ParseContext, draft: OpDraft): void {
  draft.operands.push(parseValue(p));
  parseAttr(p, false);
  if (p.c.at('{')) mergeAttrs(p, draft);
  parseTail(p, draft);
}

/** `"name" %a, %b {…} : types` */
function parseComposite(p: ParseContext, draft: OpDraft): void {
  draft.attrs.set('name', { kind: 'string', value: p.c.quoted('the name of a composite') });
  parsePretty(p, draft);
}

function parseBarrier(p: ParseContext, draft: OpDraft): void {
  if (p.c.accept('(')) p.c.expect(')', 'to close an empty list');
  else parsePretty(p, draft);
}

/** `%x, %i, %j, sizes = [2, 3] : types`; a scalar has no indices: `%x, , sizes = [] : types`. */
function parseDynamicSlice(p: ParseContext, draft: OpDraft): void {
  const { c } = p;
  draft.operands.push(parseValue(p));
  c.expect(',', 'after the operand');
  while (c.at('%')) {
    draft.operands.push(parseValue(p));
    c.expect(',', 'after an index');
  }
  c.accept(',');
  if (!c.acceptWord('sizes')) c.unexpected('"sizes"');
  c.expect('=', 'after sizes');
  draft.attrs.set('sizes', parseAttr(p, false));
  if (c.at('{')) mergeAttrs(p, draft);
  parseTail(p, draft);
}

/** `(%arg = %init, …) : types cond {…} do {…}` */
function parseWhile(p: ParseContext, draft: OpDraft): void {
  const { c } = p;
  const names = c.list('(', ')', 'loop variables', () => {
    const { name } = parseValue(p);
    c.expect('=', 'before an initial value');
    draft.operands.push(parseValue(p));
    return name;
  });
  const types: MlirType[] = [];
  if (c.accept(':')) {
    do types.push(parseType(p));
    while (c.accept(','));
  }
  if (types.length !== names.length) c.fail('loop-types', 'a type for each loop variable, please');
  draft.resultTypes = types;
  if (c.acceptWord('attributes')) mergeAttrs(p, draft);
  const args = names.map((name, i): BlockArgument => ({ name, type: types[i]! }));
  if (!c.acceptWord('cond')) c.unexpected('"cond"');
  draft.regions.push(parseRegion(p, args));
  if (!c.acceptWord('do')) c.unexpected('"do"');
  draft.regions.push(parseRegion(p, args));
}

/**
 * `(%x init: %c), (%y init: %d) applies op across dimensions = [1] {…} : types`, or without
 * `applies` and with `reducer(%a: type, %b: type) (…) {…}` at the end.
 */
function parseReduce(p: ParseContext, draft: OpDraft): void {
  const { c } = p;
  const inits: ValueRef[] = [];
  do {
    c.expect('(', 'before an operand of reduce');
    draft.operands.push(parseValue(p));
    if (!c.acceptWord('init')) c.unexpected('"init"');
    c.expect(':', 'after init');
    inits.push(parseValue(p));
    c.expect(')', 'after an initial value');
  } while (c.accept(','));
  draft.operands.push(...inits);
  if (c.acceptWord('applies')) {
    draft.attrs.set('applies', { kind: 'word', value: c.word() });
  }
  if (!c.acceptWord('across') || !c.acceptWord('dimensions')) c.unexpected('"across dimensions"');
  c.expect('=', 'after dimensions');
  draft.attrs.set('dimensions', parseAttr(p, false));
  if (c.at('{')) mergeAttrs(p, draft);
  parseTail(p, draft);
  if (c.acceptWord('reducer')) draft.regions.push(parseRegion(p, reducerArguments(p)));
}

/** `(%a: T, %b: T) (%c: U, %d: U)` to a, c, b, d: first all left-hand sides, then all right. */
function reducerArguments(p: ParseContext): BlockArgument[] {
  const { c } = p;
  const left: BlockArgument[] = [];
  const right: BlockArgument[] = [];
  const argument = (): BlockArgument => {
    const { name } = parseValue(p);
    c.expect(':', 'before the type of an argument');
    const type = parseType(p);
    skipLocation(p);
    return { name, type };
  };
  while (c.accept('(')) {
    left.push(argument());
    c.expect(',', 'between the arguments of a reducer');
    right.push(argument());
    c.expect(')', 'after the arguments of a reducer');
  }
  return [...left, ...right];
}

/** `(%a, %b) dim_numbers = …, window = {…} {…} : types` */
function parseConvolution(p: ParseContext, draft: OpDraft): void {
  const { c } = p;
  draft.operands.push(...c.list('(', ')', 'operands', () => parseValue(p)));
  if (!c.acceptWord('dim_numbers')) c.unexpected('"dim_numbers"');
  c.expect('=', 'after dim_numbers');
  draft.attrs.set('dimension_numbers', { kind: 'conv', dims: parseConvDims(c) });
  c.expect(',', 'before window');
  if (!c.acceptWord('window')) c.unexpected('"window"');
  c.expect('=', 'after window');
  for (const [key, value] of parseDict(p)) draft.attrs.set(windowNames[key] ?? key, value as Attr);
  if (c.at('{')) mergeAttrs(p, draft);
  parseTail(p, draft);
}

const windowNames: Readonly<Record<string, string>> = byName({
  stride: 'window_strides',
  pad: 'padding',
  lhs_dilate: 'lhs_dilation',
  rhs_dilate: 'rhs_dilation',
  reverse: 'window_reversal',
});
