/**
 * HLO text to a module. What it accepts is what XLA's parser accepts; names are resolved and
 * structure is checked here, constraints on shapes in graphs/verify. Bad text of any kind ends in
 * an AssayError with a place, within time and memory in proportion to the text.
 */
import type { Computation, Instruction, InstructionId, Module } from '../ir/module.ts';
import type { Shape } from '../ir/shape.ts';
import { compatible } from './compatible.ts';
import { parseOperation } from './parse/instruction.ts';
import { newScope, ParseState, type Scope } from './parse/state.ts';
import { atShape, parseShape, printShape } from './shape-text.ts';

/** Options of parseModule. */
export interface ParseOptions {
  /** Named in errors. */
  readonly file?: string;
  /** Elements that constants may allocate beyond those that the text writes out; 2^26 if absent. */
  readonly maxElements?: number;
}

/**
 * Parses a module, a computation list without header, or a single instruction (whose undefined
 * operands, written with shapes, become parameters).
 *
 * @throws AssayError with file, line, column and source line.
 */
export function parseModule(text: string, options: ParseOptions = {}): Module {
  const state = new ParseState(text, options.file, options.maxElements ?? 2 ** 26);
  const { s } = state;
  const hasHeader = s.peekWord() === 'HloModule';
  if (!hasHeader && !atComputation(state)) return parseSingle(state);
  const header = hasHeader ? parseHeader(state) : { name: '', attributes: {} };
  const debugTables = parseDebugTables(state);
  let entry: string | undefined;
  let last = '';
  do {
    const at = s.pos;
    const isEntry = acceptKeyword(state, 'ENTRY');
    if (isEntry && entry !== undefined) {
      s.fail('parse/second-entry', 'a module has one ENTRY computation; remove this ENTRY', at);
    }
    last = parseComputation(state);
    if (isEntry) entry = last;
  } while (!s.atEnd());
  entry ??= last;
  const name = header.name || `module_${entry}`;
  return {
    name,
    attributes: header.attributes,
    computations: state.computations,
    entry,
    debugTables,
  };
}

function acceptKeyword({ s }: ParseState, keyword: string): boolean {
  if (s.peekWord() !== keyword) return false;
  s.word();
  return true;
}

/** True where `ENTRY`, `name {` or `name (` comes next. */
function atComputation(state: ParseState): boolean {
  const { s } = state;
  if (s.peekWord() === 'ENTRY') return true;
  if (s.peek() !== '%' && !s.atWord()) return false;
  const start = s.pos;
  if (s.peek() === '%') s.pos++;
  const named = s.word() !== '';
  const next = s.peek();
  s.pos = start;
  return named && !atShape(s) && (next === '{' || next === '(');
}

interface Header {
  readonly name: string;
  readonly attributes: Record<string, string>;
}

function parseHeader(state: ParseState): Header {
  const { s } = state;
  s.word();
  const name = s.name('the name of the module');
  return { name, attributes: parseVerbatim(state) };
}

/** Reads `, name=value` and keeps the values as they stand. */
function parseVerbatim({ s }: ParseState): Record<string, string> {
  const found = new Map<string, string>();
  while (s.accept(',')) {
    s.skip();
    const at = s.pos;
    const name = s.word();
    if (!name) s.unexpected('an attribute');
    if (found.has(name)) {
      s.fail('parse/duplicate-attribute', `${name} is given twice; remove one`, at);
    }
    s.expect('=', `after the attribute ${name}`);
    found.set(name, s.balanced(`the value of ${name}`));
  }
  return Object.fromEntries(found);
}

const tableNames: ReadonlySet<string> = new Set([
  'FileNames',
  'FunctionNames',
  'FileLocations',
  'StackFrames',
]);

/** The tables between header and computations, as they stand. */
function parseDebugTables({ s }: ParseState): string {
  s.skip();
  const start = s.pos;
  let end = start;
  while (tableNames.has(s.peekWord())) {
    const at = s.pos;
    s.word();
    if (s.peek() === '{' || s.peek() === '(') {
      s.pos = at;
      break;
    }
    end = at + s.text.slice(at, s.pos).trimEnd().length;
    while (s.atDigit()) {
      const next = s.text.indexOf('\n', s.pos);
      s.pos = next < 0 ? s.text.length : next;
      end = s.pos;
    }
  }
  return s.text.slice(start, end).trimEnd();
}

/** Reads a computation with its name; gives the name. */
function parseComputation(state: ParseState): string {
  const { s } = state;
  s.skip();
  const at = s.pos;
  const name = s.name('a computation');
  const result = s.peek() === '(' ? parseSignature(state) : undefined;
  const body = parseBody(state);
  const root = state.instruction(body.root);
  if (result && !compatible(result.shape, root.shape)) {
    const shapes = `${printShape(root.shape, false)}, not ${printShape(result.shape, false)}`;
    s.fail('parse/signature', `the root of %${name} has the shape ${shapes}`, result.at);
  }
  state.addComputation({ name, ...body, extras: parseVerbatim(state) }, at);
  return name;
}

/** `(name: shape, ...) -> shape`; the parameters are told again in the body. */
function parseSignature({ s }: ParseState): { shape: Shape; at: number } {
  s.list('(', ')', 'the parameters of a computation', () => {
    s.name('the name of a parameter');
    s.accept(':');
    parseShape(s);
  });
  s.expect('->', 'after the parameters of a computation');
  s.skip();
  const at = s.pos;
  return { shape: parseShape(s), at };
}

type Body = Pick<Computation, 'instructions' | 'root'>;

/** Reads instructions in braces. Without ROOT the last one is the root. */
function parseBody(state: ParseState): Body {
  const { s } = state;
  return s.nested(() => {
    s.expect('{', 'to open the instructions of a computation');
    const scope = newScope();
    let root: InstructionId | undefined;
    do {
      const at = s.pos;
      const { instruction, isRoot } = parseInstruction(state, scope);
      if (isRoot && root !== undefined) {
        s.fail('parse/second-root', 'a computation has one ROOT; remove this one', at);
      }
      if (isRoot) root = instruction.id;
    } while (s.peek() !== '}' && !s.atEnd());
    s.expect('}', 'or an instruction');
    return { instructions: scope.instructions, root: root ?? scope.instructions.at(-1)!.id };
  });
}

function parseInstruction(
  state: ParseState,
  scope: Scope,
): { instruction: Instruction; isRoot: boolean } {
  const { s } = state;
  const isRoot = acceptKeyword(state, 'ROOT');
  s.skip();
  const at = s.pos;
  const name = s.name('an instruction');
  s.expect('=', `after the name ${name}`);
  const head = { name, at, attributes: true };
  return { instruction: parseOperation(state, scope, head, () => parseCallee(state)), isRoot };
}

/** A computation by name, or in braces and without one. */
function parseCallee(state: ParseState): string {
  const { s } = state;
  s.skip();
  const at = s.pos;
  if (s.peek() === '{') {
    const body = parseBody(state);
    const name = state.freshName('inline_computation');
    state.addComputation({ name, ...body, extras: {} }, at);
    return name;
  }
  const name = s.name('the name of a computation');
  if (state.signatures.has(name)) return name;
  const cause = 'is not defined before its use here; callees come first';
  return s.fail('parse/undefined-computation', `computation %${name} ${cause}`, at);
}

/** A module of one instruction. */
function parseSingle(state: ParseState): Module {
  const { s } = state;
  if (s.atEnd()) s.unexpected('HloModule, a computation or an instruction');
  const scope: Scope = newScope((given, shape) => {
    const index = scope.parameters.size;
    const name = given || state.freshName('parameter');
    const parts = { id: state.nextId(), name, opcode: 'parameter', shape, operands: [] } as const;
    const rest = { attrs: { index }, extras: {}, controlPredecessors: [] };
    const parameter: Instruction = { ...parts, ...rest };
    state.addInstruction(scope, parameter, s.pos);
    return parameter;
  });
  const head = { name: 'root', at: s.pos, attributes: true };
  const root = atShape(s)
    ? parseOperation(state, scope, head, () => parseCallee(state))
    : parseInstruction(state, scope).instruction;
  if (!s.atEnd()) s.unexpected('the end of the text after a single instruction');
  const entry = state.freshName('entry');
  const { instructions } = scope;
  state.addComputation({ name: entry, instructions, root: root.id, extras: {} }, 0);
  return {
    name: 'module',
    attributes: {},
    computations: state.computations,
    entry,
    debugTables: '',
  };
}
