/**
 * The tokens of a TypeScript text: enough for rules about imports, exports and functions, at a
 * fraction of what a syntax tree costs. Comments are kept beside the token that they stand before.
 */

export type TokenKind = 'word' | 'number' | 'string' | 'template' | 'regex' | 'punctuation';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offset of its first character. */
  readonly at: number;
  /** The docstring before it, else the first remark; `''` where there is none. */
  readonly comment: string;
  /** Index of the bracket that closes or opens this one; -1 for other tokens. */
  partner: number;
  /** Brackets open around it. */
  readonly depth: number;
}

const blank = /\s+/y;
const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const word = /#?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const number = /(?:0[xob][\da-f_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?)n?/iy;
const string = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const regex = /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const templatePart = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y;
const punctuation =
  /=>|\.\.\.|\?\.(?!\d)|\?\?=?|\|\|=?|&&=?|[=!]==?|\*\*=?|<=|\+\+|--|[-+*/%&|^]=|[\s\S]/y;

/** Words after which a slash begins a regular expression. */
const beforeRegex = new Set(
  'return typeof case in of do else void delete throw new yield await instanceof'.split(' '),
);
const openers = new Set(['(', '[', '{', '${']);
const closers = new Set([')', ']', '}']);

/** Tokens in order; never throws: what is no TypeScript gives tokens of one character. */
export function tokensOf(text: string): readonly Token[] {
  return new Scanner(text).scan();
}

class Scanner {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  /** Indices of the brackets that are open. */
  readonly #open: number[] = [];
  #at = 0;
  #comment = '';

  constructor(text: string) {
    this.#text = text;
  }

  scan(): readonly Token[] {
    this.#match(/#![^\n]*/y);
    while (this.#at < this.#text.length) this.#step();
    return this.#tokens;
  }

  #step(): void {
    if (this.#match(blank) !== '') return;
    const remark = this.#match(comment);
    if (remark === '') this.#token();
    else if (remark.startsWith('/**') || this.#comment === '') this.#comment = remark;
  }

  #token(): void {
    const at = this.#at;
    const char = this.#text[at]!;
    if (char === '`') this.#template(at, 1);
    else if (char === "'" || char === '"') this.#add('string', at, this.#match(string) || char);
    else if (char === '/' && this.#regexMayStand()) {
      const found = this.#match(regex);
      if (found === '') this.#punctuation(at);
      else this.#add('regex', at, found);
    } else this.#plainToken(at, char);
  }

  #plainToken(at: number, char: string): void {
    const name = this.#match(word);
    const digits = name === '' && /[\d.]/.test(char) ? this.#match(number) : '';
    if (name !== '') this.#add('word', at, name);
    else if (digits !== '') this.#add('number', at, digits);
    else this.#punctuation(at);
  }

  #punctuation(at: number): void {
    const text = this.#match(punctuation);
    const opener = closers.has(text) ? this.#tokens[this.#open.at(-1) ?? -1] : undefined;
    this.#add('punctuation', at, text);
    if (opener?.text === '${' && text === '}') this.#template(this.#at, 0);
  }

  /** A template from its quote, or what follows the end of a value in it. */
  #template(at: number, skip: number): void {
    this.#at = at + skip;
    const part = this.#match(templatePart);
    this.#add('template', at, part);
    if (part.endsWith('${')) this.#add('punctuation', this.#at - 2, '${');
  }

  #add(kind: TokenKind, at: number, text: string): void {
    const index = this.#tokens.length;
    const closes = kind === 'punctuation' && closers.has(text);
    const partner = closes ? (this.#open.pop() ?? -1) : -1;
    const token = { kind, text, at, comment: this.#comment, partner, depth: this.#open.length };
    this.#tokens.push(token);
    this.#comment = '';
    if (partner >= 0) this.#tokens[partner]!.partner = index;
    if (kind === 'punctuation' && openers.has(text)) this.#open.push(index);
    this.#at = Math.max(this.#at, at + text.length);
  }

  #regexMayStand(): boolean {
    const last = this.#tokens.at(-1);
    if (last === undefined) return true;
    if (last.kind === 'word') return beforeRegex.has(last.text);
    return last.kind === 'punctuation' && !closers.has(last.text);
  }

  /** What the pattern matches here, and moves on behind it; `''` where it does not match. */
  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }
}
