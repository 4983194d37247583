/**
 * A cursor over MLIR text: white space and comments, words, names, numbers, strings. Every
 * complaint is an AssayError with the place, its source line and a `stablehlo/` code.
 */
import { TextCursor } from '../../../text/text-cursor.ts';

/** Types, attributes and regions may be nested this deep. */
const maxDepth = 100;

const word = /[A-Za-z_][A-Za-z0-9_$.]*/y;
const suffix = /[0-9]+|[A-Za-z_$.-][A-Za-z0-9_$.-]*/y;
const number = /-?(?:0x[0-9A-Fa-f]+|[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?)/y;

/**
 * Reads one part of a text, from `start` to `end`. @throws AssayError `stablehlo/…` with the place.
 */
export class Cursor extends TextCursor {
  /** Where this part of the text ends. */
  readonly end: number;

  constructor(text: string, file?: string, start = 0, end = text.length) {
    super(text, file, maxDepth, start);
    this.end = end;
  }

  /** Moves past white space and comments. */
  skip(): void {
    const { text, end } = this;
    while (this.pos < end) {
      const c = text.charCodeAt(this.pos);
      if (c === 32 || (c >= 9 && c <= 13)) this.pos++;
      else if (c === 47 && text.charCodeAt(this.pos + 1) === 47) {
        const line = text.indexOf('\n', this.pos);
        this.pos = line < 0 ? end : Math.min(line, end);
      } else return;
    }
  }

  atEnd(): boolean {
    this.skip();
    return this.pos >= this.end;
  }

  /** The next character after white space, '' at the end. */
  peek(): string {
    this.skip();
    return this.pos < this.end ? this.text.charAt(this.pos) : '';
  }

  /** True if `token` comes next. */
  at(token: string): boolean {
    this.skip();
    return this.text.startsWith(token, this.pos);
  }

  /** Moves past `token` if it comes next. */
  accept(token: string): boolean {
    if (!this.at(token)) return false;
    this.pos += token.length;
    return true;
  }

  expect(token: string, where: string): void {
    if (!this.accept(token)) this.unexpected(`"${token}" ${where}`);
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.pos;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.pos += found.length;
    return found;
  }

  /** A bare word with dots in it, or ''. */
  word(): string {
    this.skip();
    return this.match(word);
  }

  /** The word that comes next, left in place. */
  peekWord(): string {
    this.skip();
    const { pos } = this;
    const found = this.match(word);
    this.pos = pos;
    return found;
  }

  /** Moves past a whole word if it comes next. */
  acceptWord(wanted: string): boolean {
    if (this.peekWord() !== wanted) return false;
    this.pos += wanted.length;
    return true;
  }

  /** What follows a sigil (%, @, ^, #, !) without white space: a name, a number or a string. */
  suffix(what: string): string {
    if (this.text.charAt(this.pos) === '"') return this.quoted(what);
    const found = this.match(suffix);
    return found || this.unexpected(what);
  }

  /** A number as it stands, or ''. */
  number(): string {
    this.skip();
    return this.match(number);
  }

  /** A whole number that f64 holds exactly. */
  integer(what: string): number {
    const text = this.number();
    const value = Number(text);
    if (!/^-?[0-9]+$/.test(text)) this.unexpected(what);
    if (!Number.isSafeInteger(value)) {
      this.fail('integer-range', `${text} is beyond 2^53, the largest here`);
    }
    return value;
  }

  /** A quoted string, its escapes undone: \n, \t, \", \\ and \XX in hexadecimal. */
  quoted(what: string): string {
    this.skip();
    if (this.text.charAt(this.pos) !== '"') this.unexpected(what);
    const start = this.pos;
    const close = this.closingQuote();
    const body = this.text.slice(start + 1, close);
    this.pos = close + 1;
    if (!body.includes('\\')) return body;
    return body.replace(/\\([0-9A-Fa-f]{2}|.)/gs, (_, escaped: string) => {
      if (escaped.length === 2) return String.fromCharCode(Number.parseInt(escaped, 16));
      return escaped === 'n' ? '\n' : escaped === 't' ? '\t' : escaped;
    });
  }

  private closingQuote(): number {
    const start = this.pos;
    for (let at = this.text.indexOf('"', start + 1); at >= 0 && at < this.end; ) {
      let slashes = 0;
      while (this.text.charAt(at - 1 - slashes) === '\\') slashes++;
      if (slashes % 2 === 0) return at;
      at = this.text.indexOf('"', at + 1);
    }
    return this.fail('unterminated', 'this string is never closed; add a quote', start);
  }

  /** Moves past balanced text up to the bracket that closes the one just passed; gives the text. */
  balanced(): string {
    const start = this.pos;
    const open: string[] = [];
    for (; this.pos < this.end; this.pos++) {
      const c = this.text.charAt(this.pos);
      if (c === '"') this.pos = this.closingQuote();
      else if (c === '-' && this.text.charAt(this.pos + 1) === '>') this.pos++;
      else if ('([{<'.includes(c)) open.push(c);
      else if (')]}>'.includes(c) && open.pop() === undefined) {
        return this.text.slice(start, this.pos);
      }
    }
    return this.fail('unterminated', 'the bracket before this is never closed', start);
  }

  /** Complains that something else was expected where the cursor stands. */
  unexpected(wanted: string): never {
    this.skip();
    const rest = this.text.slice(this.pos, Math.min(this.end, this.pos + 200));
    const found = /^(?:[%@#^!]?[\w.$-]+|.)/s.exec(rest)?.[0].slice(0, 40);
    const seen = found === undefined ? 'the end of the text' : JSON.stringify(found);
    return this.fail('expected', `expected ${wanted}, found ${seen}`);
  }

  protected tooDeep(): never {
    this.fail('too-deep', `nested more than ${maxDepth} deep`);
  }

  /** Throws at an offset. */
  fail(code: string, message: string, offset = this.pos): never {
    return this.failAt(`stablehlo/${code}`, message, offset);
  }
}
