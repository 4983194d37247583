/**
 * StableHLO text to modules of functions: attribute and type aliases, nested modules, functions in
 * the pretty and the generic form. A line `// -----` separates texts that have nothing in common.
 */
import type { Attr, BlockArgument, Func, MlirModule, MlirType, Op, Region } from './ast.ts';
import { Cursor } from './cursor.ts';
import { prettyForms } from './custom-assembly.ts';
import { parseAttr, parseDict } from './parse-attributes.ts';
import { parseArguments, parseOp, parseOps, parseRegion, skipLocation } from './parse-ops.ts';
import { type ParseContext, parseType } from './parse-types.ts';

/** Part of a text between separators. */
export interface TextPart {
  readonly start: number;
  readonly end: number;
}

/** The parts of a text that hold more than comments. */
export function splitParts(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let start = 0;
  for (const separator of text.matchAll(/^[ \t]*\/\/ -----[ \t]*\r?$/gm)) {
    parts.push({ start, end: separator.index });
    start = separator.index + separator[0].length;
  }
  parts.push({ start, end: text.length });
  return parts.filter((part) => !new Cursor(text, undefined, part.start, part.end).atEnd());
}

/**
 * Parses one part of a text: every module that has functions, outer ones first.
 *
 * @throws AssayError with file, line, column and source line.
 */
export function parseMlir(text: string, file?: string, part?: TextPart): readonly MlirModule[] {
  const c = new Cursor(text, file, part?.start, part?.end);
  const aliases = { attrAliases: new Map(), typeAliases: new Map() };
  const p: ParseContext = { c, ...aliases, forms: prettyForms };
  const modules: MlirModule[] = [];
  parseModuleBody(p, '', modules);
  if (!c.atEnd()) c.unexpected('a function, a module or an alias');
  return modules.filter((m) => m.functions.size > 0);
}

function parseModuleBody(p: ParseContext, name: string, modules: MlirModule[]): void {
  const { c } = p;
  c.skip();
  const functions = new Map<string, Func>();
  modules.push({ name, functions, position: c.positionAt() });
  const add = (func: Func) => {
    if (functions.has(func.name)) c.fail('duplicate-function', `@${func.name} is defined twice`);
    functions.set(func.name, func);
  };
  while (!c.atEnd() && !c.at('}')) {
    if (c.at('#') || c.at('!')) parseAlias(p);
    else if (c.at('"builtin.module"')) parseGenericModule(p, modules);
    else if (c.at('"func.func"')) add(parseGenericFunction(p));
    else if (c.acceptWord('module') || c.acceptWord('builtin.module')) parseModule(p, modules);
    else if (c.peekWord() === 'func.func' || c.peekWord() === 'func') add(parseFunction(p));
    else if (c.at('"sdy.mesh"')) parseOp(p);
    else if (c.acceptWord('sdy.mesh')) parseMesh(p);
    else if (c.at('{-#')) c.pos = c.end;
    else return;
  }
}

/** `#name = attribute`, `!name = type`; locations are passed over. */
function parseAlias(p: ParseContext): void {
  const { c } = p;
  const isType = c.accept('!');
  if (!isType) c.expect('#', 'before an alias');
  const start = c.pos;
  const name = c.suffix('the name of an alias');
  c.expect('=', 'after the name of an alias');
  if (c.peekWord() === 'loc') {
    skipLocation(p);
    return;
  }
  const known = isType ? p.typeAliases.has(name) : p.attrAliases.has(name);
  if (known) c.fail('duplicate-alias', `the alias ${name} is defined twice`, start);
  if (isType) p.typeAliases.set(name, parseType(p));
  else p.attrAliases.set(name, parseAttr(p, true));
}

/** `@name attributes {…} { … }` */
function parseModule(p: ParseContext, modules: MlirModule[]): void {
  const { c } = p;
  const name = c.accept('@') ? c.suffix('the name of a module') : '';
  if (c.acceptWord('attributes')) parseDict(p);
  c.expect('{', 'to open a module');
  c.nested(() => parseModuleBody(p, name, modules));
  c.expect('}', 'to close a module');
  skipLocation(p);
}

/** `@name = <["x"=2], device_ids=[…]> {…}`: the devices of Shardy's annotations, which run nothing. */
function parseMesh(p: ParseContext): void {
  const { c } = p;
  c.expect('@', 'before the name of a mesh');
  c.suffix('the name of a mesh');
  c.expect('=', 'after the name of a mesh');
  c.expect('<', 'to open a mesh');
  c.balanced();
  c.expect('>', 'to close a mesh');
  if (c.at('{')) parseDict(p);
  skipLocation(p);
}

/** `"builtin.module"() <{…}> ({ … }) {…} : () -> ()` */
function parseGenericModule(p: ParseContext, modules: MlirModule[]): void {
  const { c } = p;
  c.quoted('a module');
  c.expect('(', 'after builtin.module');
  c.expect(')', 'after builtin.module(');
  const attrs = parseProperties(p);
  c.expect('(', 'before the region of a module');
  c.expect('{', 'to open a module');
  if (c.accept('^')) {
    c.suffix('the name of a block');
    c.expect(':', 'after the head of a block');
  }
  c.nested(() => parseModuleBody(p, symbolName(attrs) ?? '', modules));
  c.expect('}', 'to close a module');
  c.expect(')', 'to close the region of a module');
  endGeneric(p);
}

function parseProperties(p: ParseContext): Map<string, Attr> {
  const { c } = p;
  if (!c.accept('<')) return new Map();
  const attrs = new Map(parseDict(p));
  c.expect('>', 'to close properties');
  return attrs;
}

function endGeneric(p: ParseContext): ReadonlyMap<string, Attr> {
  const { c } = p;
  const attrs = c.at('{') ? parseDict(p) : new Map<string, Attr>();
  c.expect(':', 'before a type');
  parseType(p);
  skipLocation(p);
  return attrs;
}

function symbolName(attrs: ReadonlyMap<string, Attr>): string | undefined {
  const name = attrs.get('sym_name');
  return name?.kind === 'string' ? name.value : undefined;
}

function parseGenericFunction(p: ParseContext): Func {
  const { c } = p;
  c.skip();
  const start = c.pos;
  const position = c.positionAt();
  c.quoted('a function');
  c.expect('(', 'after func.func');
  c.expect(')', 'after func.func(');
  const attrs = parseProperties(p);
  c.expect('(', 'before the region of a function');
  const body = parseRegion(p);
  c.expect(')', 'after the region of a function');
  for (const [name, value] of endGeneric(p)) attrs.set(name, value);
  const name = symbolName(attrs);
  const type = attrs.get('function_type');
  if (name === undefined || type?.kind !== 'type' || type.type.kind !== 'function') {
    return c.fail('function-type', 'a function needs sym_name and function_type', start);
  }
  const visibility = attrs.get('sym_visibility');
  const isPrivate = visibility?.kind === 'string' && visibility.value === 'private';
  return { name, isPrivate, args: body.args, results: type.type.results, body, position };
}

/** `func.func public @name(%a: T {…}) -> (T {…}) attributes {…} { … }` */
function parseFunction(p: ParseContext): Func {
  const { c } = p;
  c.skip();
  const position = c.positionAt();
  c.word();
  const isPrivate = c.acceptWord('private');
  if (!isPrivate && !c.acceptWord('public')) c.acceptWord('nested');
  c.expect('@', 'before the name of a function');
  const name = c.suffix('the name of a function');
  const args = atDeclaredTypes(c) ? declaredTypes(p) : parseArguments(p);
  const results = c.accept('->') ? parseResults(p) : [];
  if (c.acceptWord('attributes')) parseDict(p);
  const head = { name, isPrivate, args, results, position };
  if (!c.at('{')) return head;
  const body = parseBody(p, args);
  skipLocation(p);
  return { ...head, body };
}

/** A declaration may name types only. */
function atDeclaredTypes(c: Cursor): boolean {
  const { pos } = c;
  const bare = c.accept('(') && !c.at('%') && !c.at(')');
  c.pos = pos;
  return bare;
}

function declaredTypes(p: ParseContext): BlockArgument[] {
  return parseResults(p).map((type, i) => ({ name: `arg${i}`, type }));
}

function parseBody(p: ParseContext, args: readonly BlockArgument[]): Region {
  const { c } = p;
  c.expect('{', 'to open a function');
  const ops: Op[] = parseOps(p);
  c.expect('}', 'to close a function');
  return { args, ops };
}

/** `T` or `(T {…}, T {…})` */
function parseResults(p: ParseContext): MlirType[] {
  const { c } = p;
  if (!c.at('(')) return [parseType(p)];
  return c.list('(', ')', 'result types', () => {
    const type = parseType(p);
    if (c.at('{')) parseDict(p);
    return type;
  });
}
