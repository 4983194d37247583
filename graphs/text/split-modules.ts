/**
 * Files of several modules: XLA's own tests separate them by lines `// -----`, and its tools read
 * them with -split-input-file. Each part keeps the line numbers that it has in the file.
 */

const separator = /^\/\/ ?-{5,}[ \t]*$/m;

/** The modules of a text, at least one; parts that hold nothing but comments are left out. */
export function splitModules(text: string): readonly string[] {
  if (!separator.test(text)) return [text];
  let line = 0;
  const parts = text.split(new RegExp(separator, 'gm')).map((part) => {
    const placed = '\n'.repeat(line) + part;
    line += newlines(part);
    return placed;
  });
  const modules = parts.filter((part) => part.replace(/\/\/[^\n]*/g, '').trim() !== '');
  return modules.length ? modules : [text];
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
