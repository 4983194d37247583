/**
 * A cursor over HLO text: white space and comments, identifiers, numbers, strings and balanced
 * text, straight from character codes (no token objects, so large literals stay cheap). Every
 * complaint is an AssayError with the place and its source line.
 */
import type { ErrorCode } from '../ir/diagnostic.ts';
import { unescapeString } from './string-escape.ts';
import { TextCursor } from './text-cursor.ts';

/** Tuples, inline computations and nested operands may be this deep. */
const maxDepth = 200;

const code = (c: string) => c.charCodeAt(0);
const slash = code('/');
const star = code('*');
const quote = code('"');
const backslash = code('\\');
const minus = code('-');
const percent = code('%');
const colon = code(':');

/** 1: letter or _; 2: digit; 4: '.' or '-'; 8: white space. */
const charClass = new Uint8Array(256);
for (let c = 0; c < 256; c++) {
  const s = String.fromCharCode(c);
  if (/[A-Za-z_]/.test(s)) charClass[c] = 1;
  else if (/[0-9]/.test(s)) charClass[c] = 2;
  else if (/[.-]/.test(s)) charClass[c] = 4;
  else if (/[ \t\r\n]/.test(s)) charClass[c] = 8;
}

function classOf(c: number): number {
  return c < 256 ? charClass[c]! : 0;
}

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * Reads one text from its start. @throws AssayError `parse/…` with the place, from every method
 * that demands something.
 */
export class Scanner extends TextCursor {
  /** How many elements literals may still allocate that the text does not write out. */
  spareElements: number;

  constructor(text: string, file?: string, spareElements = 0) {
    super(text, file, maxDepth);
    this.spareElements = spareElements;
  }

  /** Moves past white space and comments. */
  skip(): void {
    const { text } = this;
    for (;;) {
      const c = text.charCodeAt(this.pos);
      if (classOf(c) === 8) this.pos++;
      else if (c === slash && !this.skipComment()) return;
      else if (c !== slash) return;
    }
  }

  private skipComment(): boolean {
    const { text, pos } = this;
    const next = text.charCodeAt(pos + 1);
    if (next === slash) {
      const end = text.indexOf('\n', pos);
      this.pos = end < 0 ? text.length : end;
      return true;
    }
    if (next !== star) return false;
    const end = text.indexOf('*/', pos + 2);
    if (end < 0) this.fail('parse/unterminated', 'this comment is never closed; add "*/"');
    this.pos = end + 2;
    return true;
  }

  atEnd(): boolean {
    this.skip();
    return this.pos >= this.text.length;
  }

  /** The next character after white space, '' at the end. */
  peek(): string {
    this.skip();
    return this.text.charAt(this.pos);
  }

  /** Moves past `token` if it comes next. */
  accept(token: string): boolean {
    this.skip();
    if (!this.text.startsWith(token, this.pos)) return false;
    this.pos += token.length;
    return true;
  }

  /** Moves past `token`; `where` completes the message "expected '(' …". */
  expect(token: string, where: string): void {
    if (!this.accept(token)) this.unexpected(`"${token}" ${where}`);
  }

  /** True at a letter or underscore. */
  atWord(): boolean {
    this.skip();
    return classOf(this.text.charCodeAt(this.pos)) === 1;
  }

  atDigit(): boolean {
    this.skip();
    return classOf(this.text.charCodeAt(this.pos)) === 2;
  }

  /** [A-Za-z_][A-Za-z0-9_.-]*, or '' if none comes next. */
  word(): string {
    this.skip();
    const { text, pos } = this;
    if (classOf(text.charCodeAt(pos)) !== 1) return '';
    let end = pos + 1;
    while ((classOf(text.charCodeAt(end)) & 7) !== 0) end++;
    this.pos = end;
    return text.slice(pos, end);
  }

  /** The word that comes next, left in place. */
  peekWord(): string {
    this.skip();
    const { pos } = this;
    const word = this.word();
    this.pos = pos;
    return word;
  }

  /** A name with '%' before it, or ':' after it, or neither. */
  name(what: string): string {
    this.skip();
    const start = this.pos;
    if (this.text.charCodeAt(start) === percent) this.pos++;
    const bare = classOf(this.text.charCodeAt(this.pos)) === 1 ? this.word() : '';
    if (bare && this.pos - start === bare.length && this.text.charCodeAt(this.pos) === colon)
      this.pos++;
    if (bare) return bare;
    this.pos = start;
    return this.unexpected(what);
  }

  /** Start and end of the run of [A-Za-z0-9_.+-] that comes next; moves past it. */
  run(): number {
    this.skip();
    const { text } = this;
    const start = this.pos;
    let end = start;
    for (;;) {
      const c = text.charCodeAt(end);
      if ((classOf(c) & 7) === 0 && c !== 43) break;
      end++;
    }
    this.pos = end;
    return start;
  }

  /** A whole number that f64 holds exactly. */
  integer(what: string): number {
    this.skip();
    const { text } = this;
    const start = this.pos;
    let at = text.charCodeAt(start) === minus ? start + 1 : start;
    const first = at;
    let value = 0;
    for (let c = text.charCodeAt(at); c >= 48 && c <= 57; c = text.charCodeAt(++at)) {
      value = value * 10 + (c - 48);
    }
    if (at === first) this.unexpected(what);
    if (value > Number.MAX_SAFE_INTEGER) {
      this.fail('parse/integer-range', `${text.slice(start, at)} is beyond 2^53, the largest here`);
    }
    this.pos = at;
    return first === start || value === 0 ? value : -value;
  }

  /** A quoted string, its escapes undone. */
  quoted(what: string): string {
    this.skip();
    if (this.text.charCodeAt(this.pos) !== quote) this.unexpected(what);
    const start = this.pos;
    this.pos = this.endOfString(start);
    return unescapeString(this.text.slice(start + 1, this.pos - 1), (message) =>
      this.fail('parse/escape', message, start),
    );
  }

  private endOfString(start: number): number {
    const { text } = this;
    for (let at = start + 1; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c === backslash) at++;
      else if (c === quote) return at + 1;
    }
    return this.fail('parse/unterminated', 'this string is never closed; add a quote', start);
  }

  /**
   * One value as it stands: up to the ',' or closing bracket that is not its own, or white space
   * outside brackets. Strings and comments are passed over whole.
   */
  balanced(what: string): string {
    this.skip();
    const { text } = this;
    const start = this.pos;
    const open: string[] = [];
    let at = start;
    for (; at < text.length; at++) {
      const c = text[at]!;
      if (c === '"') at = this.endOfString(at) - 1;
      else if (closers[c]) open.push(closers[c]);
      else if (c === ')' || c === ']' || c === '}') {
        if (!open.length) break;
        if (open.pop() !== c) this.fail('parse/unbalanced', `"${c}" closes nothing`, at);
      } else if (!open.length && (c === ',' || classOf(c.charCodeAt(0)) === 8)) break;
    }
    if (open.length) {
      this.fail('parse/unterminated', `this value is never closed; add "${open.pop()}"`, start);
    }
    if (at === start) this.unexpected(what);
    this.pos = at;
    return printable(text.slice(start, at));
  }

  /** Complains that something else was expected where the cursor stands. */
  unexpected(wanted: string): never {
    this.skip();
    const found = this.text
      .slice(this.pos)
      .match(/^(?:%?[\w.+-]+|.)/s)?.[0]
      .slice(0, 40);
    const seen = found === undefined ? 'the end of the text' : JSON.stringify(found);
    return this.fail('parse/expected', `expected ${wanted}, found ${seen}`);
  }

  protected tooDeep(): never {
    this.fail('parse/too-deep', `nested more than ${maxDepth} deep; flatten this value`);
  }

  /** Throws at an offset. */
  fail(code: ErrorCode, message: string, offset = this.pos): never {
    return this.failAt(code, message, offset);
  }
}

/** Text kept as it stands, but for control characters, which become the escapes that C has for them. */
function printable(text: string): string {
  return text.replace(controls, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
