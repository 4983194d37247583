/**
 * Text as a terminal may be sent it. Names come from models, and a model may be hostile: escape
 * sequences, other control characters and marks that reorder a line are shown, not obeyed.
 */

/** Control characters but for tabs and line ends, and the marks of bidirectional text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafe = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The text with each such character as `\x1b` or `\u202e`. */
export function visible(text: string): string {
  return text.replace(unsafe, (c) => {
    const point = c.charCodeAt(0);
    return point < 256 ? `\\x${hex(point, 2)}` : `\\u${hex(point, 4)}`;
  });
}

/** As `visible`, on one line: for names and messages, which may not pretend to be a line of a report. */
export function visibleLine(text: string): string {
  return visible(text.replaceAll('\n', '\\n').replaceAll('\t', ' '));
}

/** JSON text with each such character escaped as JSON has it: it means the same. */
export function visibleJson(json: string): string {
  return json.replace(unsafe, (c) => `\\u${hex(c.charCodeAt(0), 4)}`);
}

function hex(point: number, digits: number): string {
  return point.toString(16).padStart(digits, '0');
}
