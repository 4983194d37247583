/**
 * What every cursor over text has: a position that moves on, places as line and column, bounded
 * nesting, lists between brackets, and errors that carry the place and its source line.
 */
import { AssayError, type ErrorCode, type Position } from '../ir/diagnostic.ts';

/** A place in a text; what white space and words are is up to the language. */
export abstract class TextCursor {
  readonly text: string;
  readonly file: string | undefined;
  /** Offset of the next character, in UTF-16 units. */
  pos: number;
  private depth = 0;
  private line = 1;
  private lineStart = 0;
  private lineKnownTo = 0;

  /** Deeper nesting than `maxDepth` is refused, since the parsers that stand on a cursor recurse. */
  private readonly maxDepth: number;

  constructor(text: string, file: string | undefined, maxDepth: number, start = 0) {
    this.text = text;
    this.file = file;
    this.maxDepth = maxDepth;
    this.pos = start;
  }

  /** Moves past the text if it comes next, white space aside; says whether it did. */
  abstract accept(token: string): boolean;

  /** The same, or an error that says where it was wanted. */
  abstract expect(token: string, where: string): void;

  /** Complains of nesting beyond the bound. */
  protected abstract tooDeep(): never;

  /** Runs `body` one level deeper; nesting beyond the bound is an error, not a stack overflow. */
  nested<T>(body: () => T): T {
    if (++this.depth > this.maxDepth) this.tooDeep();
    const result = body();
    this.depth--;
    return result;
  }

  /** Zero or more items between brackets, commas between them. */
  list<T>(open: string, close: string, what: string, item: () => T): T[] {
    this.expect(open, `to open ${what}`);
    const items: T[] = [];
    if (this.accept(close)) return items;
    do items.push(item());
    while (this.accept(','));
    this.expect(close, `or "," in ${what}`);
    return items;
  }

  /** Line and column of an offset, from 1; cheap for offsets that grow. */
  positionAt(offset = this.pos): Position {
    if (offset < this.lineStart) {
      this.line = 1;
      this.lineStart = 0;
      this.lineKnownTo = 0;
    }
    let next = this.text.indexOf('\n', this.lineKnownTo);
    while (next >= 0 && next < offset) {
      this.line++;
      this.lineStart = next + 1;
      next = this.text.indexOf('\n', next + 1);
    }
    this.lineKnownTo = next < 0 ? this.text.length : next;
    return { line: this.line, column: offset - this.lineStart + 1 };
  }

  /** Throws at an offset, with the line that it lies in. */
  protected failAt(code: ErrorCode, message: string, offset: number): never {
    const { text, file } = this;
    const place = Math.min(offset, text.length);
    const position = this.positionAt(place);
    const start = text.lastIndexOf('\n', place - 1) + 1;
    const end = text.indexOf('\n', place);
    const sourceLine = text.slice(start, end < 0 ? text.length : end);
    const where = { position, sourceLine, ...(file === undefined ? {} : { file }) };
    throw new AssayError({ code, message, ...where });
  }
}
