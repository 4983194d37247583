/**
 * C escapes of quoted strings in HLO text. A string holds one character a byte where the text has
 * octal or hex escapes, so that printing gives the same bytes back.
 */

import { byName } from '../ir/by-name.ts';

const named: Readonly<Record<string, string>> = byName({
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  '?': '?',
  "'": "'",
  '"': '"',
});

const escapes = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]+)|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))/gs;

/** Undoes the escapes; `fail` is told of one that C does not have. */
export function unescapeString(raw: string, fail: (message: string) => never): string {
  if (!raw.includes('\\')) return raw;
  return raw.replace(escapes, (all, octal, hex, short, long, name) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 255);
    const digits: string | undefined = hex ?? short ?? long;
    if (digits === undefined)
      return named[name] ?? fail(`${all} is no escape; double the backslash`);
    const point = Number.parseInt(digits, 16);
    if (point > 0x10ffff) return fail(`${all} is no character`);
    return String.fromCodePoint(point);
  });
}

/** The string in quotes, escaped so that `unescapeString` gives it back. */
export function quoteString(value: string): string {
  const escaped = value.replace(/["\\\n\r\t]|[^ -~]/g, (c) => {
    if (c === '"' || c === '\\') return `\\${c}`;
    if (c === '\n') return '\\n';
    if (c === '\r') return '\\r';
    if (c === '\t') return '\\t';
    const point = c.charCodeAt(0);
    return point > 255 ? c : `\\${point.toString(8).padStart(3, '0')}`;
  });
  return `"${escaped}"`;
}
