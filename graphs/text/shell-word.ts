/** Words of a line that is to be run again, quoted so that a shell reads them back as they were. */

/**
 * A word as a POSIX shell reads it back. One with control characters other than tabs and
 * line ends is written with `$'…'`, which
 * POSIX has since 2024 and the usual shells since long before.
 */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (!/[\x00-\x08\x0b-\x1f\x7f]/.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return `$'${word.replace(/[\\']/g, '\\$&').replace(/[\x00-\x1f\x7f]/g, octal)}'`;
}

/** A file given as an argument: one whose name begins with a dash is no option. */
export function shellFile(file: string): string {
  return shellWord(file.startsWith('-') ? `./${file}` : file);
}

function octal(c: string): string {
  return `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`;
}
