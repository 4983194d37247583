/**
 * MLIR types as text. Reading bounds what a type may stand for: elements of a tensor, leaves of a
 * tuple that aliases build up, so that a short text cannot name something that overflows.
 */
import { type ElementType, elementTypes, isElementType } from '../../../ir/element-type.ts';
import type { Attr, FunctionType, MlirType, QuantizedType, TensorType } from './ast.ts';
import type { Cursor } from './cursor.ts';
import type { OpDraft } from './parse-ops.ts';

/** Reads what stands after the name of an op into its draft. */
export type PrettyForm = (p: ParseContext, draft: OpDraft) => void;

/** What parsing a module carries along: the cursor, the aliases defined so far, the ops' own forms. */
export interface ParseContext {
  readonly c: Cursor;
  readonly attrAliases: Map<string, Attr>;
  readonly typeAliases: Map<string, MlirType>;
  /** By name of the op; all others are read by `parsePretty`. */
  readonly forms: Readonly<Record<string, PrettyForm>>;
}

/** Most arrays that a type may consist of. */
const maxLeaves = 10_000;

const typeWord = /^(?:tensor|tuple|complex|vector|memref|none|index|s?i\d+|ui\d+|b?f\d\w*|tf32)$/;

/** True for a word that begins a type. */
export function isTypeWord(word: string): boolean {
  return typeWord.test(word);
}

/**
 * The type that comes next, of builtin or any dialect. @throws AssayError `stablehlo/…` with the
 * place.
 */
export function parseType(p: ParseContext): MlirType {
  const { c } = p;
  return c.nested(() => {
    if (c.at('(')) return parseFunctionType(p);
    if (c.at('!')) return parseDialectType(p);
    const start = c.pos;
    const word = c.word();
    if (word === 'tensor') return parseTensor(p);
    if (word === 'tuple') return parseTuple(p, start);
    if (!isTypeWord(word)) {
      c.pos = start;
      return c.unexpected('a type such as tensor<2x3xf32>');
    }
    const rest = c.at('<') ? bracketed(c) : '';
    return { kind: word === 'vector' || word === 'memref' ? 'other' : 'number', text: word + rest };
  });
}

function bracketed(c: Cursor): string {
  c.expect('<', 'to open the parameters of a type');
  const text = c.balanced();
  c.expect('>', 'to close the parameters of a type');
  return `<${text}>`;
}

/** `(types) -> type` or `(types) -> (types)`. */
export function parseFunctionType(p: ParseContext): FunctionType {
  const inputs = parseTypeList(p);
  p.c.expect('->', 'between operand and result types');
  return { kind: 'function', inputs, results: parseResultTypes(p) };
}

/** Types in parentheses, parted by commas; none between `()`. */
export function parseTypeList(p: ParseContext): MlirType[] {
  return p.c.list('(', ')', 'a list of types', () => parseType(p));
}

/** One type, or a list of them in parentheses. */
export function parseResultTypes(p: ParseContext): MlirType[] {
  return p.c.at('(') ? parseTypeList(p) : [parseType(p)];
}

function parseTuple(p: ParseContext, start: number): MlirType {
  const elements = p.c.list('<', '>', 'a tuple type', () => parseType(p));
  const type: MlirType = { kind: 'tuple', elements };
  if (leaves(type) > maxLeaves) {
    p.c.fail('too-large', `a tuple type of more than ${maxLeaves} parts`, start);
  }
  return type;
}

/** Counts no further than the bound. */
function leaves(type: MlirType): number {
  if (type.kind !== 'tuple') return 1;
  let sum = 1;
  for (const e of type.elements) {
    sum += leaves(e);
    if (sum > maxLeaves) break;
  }
  return sum;
}

function parseDialectType(p: ParseContext): MlirType {
  const { c } = p;
  const start = c.pos;
  c.expect('!', 'before a type');
  const name = c.suffix('the name of a type');
  const alias = p.typeAliases.get(name);
  if (alias) return alias;
  if (name === 'stablehlo.token' || name === 'mhlo.token') return { kind: 'token', text: name };
  if (c.at('<')) return { kind: 'other', text: `!${name}${bracketed(c)}` };
  if (name.includes('.')) return { kind: 'other', text: `!${name}` };
  return c.fail('unknown-alias', `the type alias !${name} is not defined before this`, start);
}

const dimension = /\s*(\?|[0-9]+)\s*x/y;

function parseTensor(p: ParseContext): TensorType {
  const { c } = p;
  const start = c.pos;
  c.expect('<', 'after tensor');
  if (c.at('*')) c.fail('unsupported-type', 'unranked tensors are not supported; give the rank');
  const dims = parseDims(c);
  const element = parseElement(p);
  if (c.accept(',')) c.balanced();
  c.expect('>', 'to close a tensor type');
  if (!Number.isSafeInteger(dims.reduce((n, d) => n * (d < 0 ? 1 : d), 1))) {
    c.fail('too-large', 'a tensor of more than 2^53 elements', start);
  }
  return { kind: 'tensor', dims, ...element };
}

function parseDims(c: Cursor): number[] {
  const dims: number[] = [];
  for (;;) {
    dimension.lastIndex = c.pos;
    const found = dimension.exec(c.text);
    if (!found || dimension.lastIndex > c.end) return dims;
    const size = found[1] === '?' ? -1 : Number(found[1]);
    if (!Number.isSafeInteger(size)) c.fail('too-large', `a dimension of size ${found[1]}`);
    dims.push(size);
    c.pos = dimension.lastIndex;
  }
}

interface Element {
  readonly type: ElementType;
  readonly quantized?: QuantizedType;
}

function parseElement(p: ParseContext): Element {
  const { c } = p;
  c.skip();
  const start = c.pos;
  if (c.accept('!')) return parseQuantized(p, start);
  const word = c.word();
  if (word !== 'complex') return { type: elementType(c, word, start) };
  c.expect('<', 'after complex');
  const part = c.word();
  c.expect('>', 'to close a complex type');
  if (part === 'f32') return { type: 'c64' };
  if (part === 'f64') return { type: 'c128' };
  return c.fail('unsupported-type', `complex<${part}> is not supported`, start);
}

/** `i32`, `si32`, `ui8`, `f8E4M3FN`, `bf16`, `index` … as HLO calls them. */
function elementType(c: Cursor, word: string, start: number): ElementType {
  const whole = /^(s|u)?i(\d+)$/.exec(word);
  const name = whole
    ? word === 'i1'
      ? 'pred'
      : `${whole[1] === 'u' ? 'u' : 's'}${whole[2]}`
    : word === 'index'
      ? 's64'
      : word.toLowerCase();
  if (isElementType(name)) return name;
  if (isTypeWord(word)) return c.fail('unsupported-type', `no ${word} in HLO`, start);
  c.pos = start;
  return c.unexpected('an element type such as f32');
}

/** `quant.uniform<storage<min:max>:expressed:axis, scale:zero>` or with `{scale:zero, …}`. */
function parseQuantized(p: ParseContext, start: number): Element {
  const { c } = p;
  const name = c.suffix('the name of an element type');
  const alias = p.typeAliases.get(name);
  if (alias?.kind === 'tensor' && alias.dims.length === 0) return alias;
  if (name !== 'quant.uniform') {
    c.fail('unsupported-type', `elements of type !${name} are not supported`, start);
  }
  c.expect('<', 'after quant.uniform');
  const storageAt = c.pos;
  const storage = elementType(c, c.word().replace(/^u(?=\d)/, 'ui'), storageAt);
  const { kind, bits } = elementTypes[storage];
  let [min, max] =
    kind === 'unsigned' ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  if (c.accept('<')) {
    min = c.integer('the least stored value');
    c.expect(':', 'between least and largest stored value');
    max = c.integer('the largest stored value');
    c.expect('>', 'after the largest stored value');
  }
  c.expect(':', 'before the expressed type');
  const expressed = elementType(c, c.word(), c.pos);
  const axis = c.accept(':') ? c.integer('the quantised dimension') : undefined;
  c.expect(',', 'before the scales');
  const pairs = c.at('{') ? c.list('{', '}', 'scales', () => scale(c)) : [scale(c)];
  c.expect('>', 'to close a quantised type');
  const [scales, zeroPoints] = [pairs.map((s) => s[0]), pairs.map((s) => s[1])];
  const rest = { expressed, scales, zeroPoints, min, max, ...(axis !== undefined && { axis }) };
  return { type: storage, quantized: { storage, ...rest } };
}

function scale(c: Cursor): [number, number] {
  const text = c.number();
  if (!text) {
    c.fail('unsupported-type', 'scales of blocks of several dimensions are not supported');
  }
  return [Number(text), c.accept(':') ? c.integer('a zero point') : 0];
}
