/** Reads README.md: its code blocks, the command lines in them with what they print, its tables. */

/** A command line of a block. */
export interface ReadmeCommand {
  /** As one line, from `assay` on. */
  readonly line: string;
  /** What follows `assay`. */
  readonly argv: readonly string[];
  /** What README.md says that it prints; empty where it says nothing. */
  readonly output: string;
  /** What `echo $?` prints after it, if that is shown. */
  readonly exitCode: number | undefined;
}

/** Blocks of lines that four spaces indent, without these. */
export function blocksOf(markdown: string): readonly string[] {
  const found = markdown.match(/(?:^ {4}.*\n(?:^\n(?=^ {4}))*)+/gm) ?? [];
  return found.map((block) => block.replaceAll(/^ {4}/gm, '').trimEnd());
}

/** Lines that run assay, by `npx` or not, in order. */
export function commandsOf(blocks: readonly string[]): readonly ReadmeCommand[] {
  return blocks.flatMap((block) => {
    const steps = stepsOf(block.replaceAll(/\\\n\s*/g, ''));
    return steps.flatMap(({ line, output }, n) => {
      const [, command] = /(?:^|&& )(?:npx )?(assay [^#]*?)\s*(?:#.*)?$/.exec(line) ?? [];
      if (command === undefined) return [];
      const next = steps[n + 1];
      const exitCode = next?.line === 'echo $?' ? Number(next.output) : undefined;
      return [{ line: command, argv: words(command).slice(1), output, exitCode }];
    });
  });
}

/** Files that blocks show by `cat`, by name. */
export function filesOf(blocks: readonly string[]): Readonly<Record<string, string>> {
  const shown = blocks.flatMap(stepsOf).flatMap(({ line, output }) => {
    const [, name] = /^cat (\S+)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, `${output}\n`] as const];
  });
  return Object.fromEntries(shown);
}

/** Cells of the rows of the table whose first heading is this. */
export function tableRows(markdown: string, heading: string): readonly (readonly string[])[] {
  const [, body = ''] = markdown.split(new RegExp(`^\\| ${heading} \\|.*\\n\\|[-|]*\\n`, 'm'));
  const rows = body.split('\n');
  const end = rows.findIndex((row) => !row.startsWith('|'));
  return rows.slice(0, end).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Lines after a `$`, each with what follows; without any `$`, every line is a command. */
function stepsOf(block: string): readonly { readonly line: string; readonly output: string }[] {
  if (!/^\$ /m.test(block)) return block.split('\n').map((line) => ({ line, output: '' }));
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [line = '', ...output] = step.split('\n');
      return { line, output: output.join('\n').trim() };
    });
}

/** Words of a shell line, single quotes taken off. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
}
