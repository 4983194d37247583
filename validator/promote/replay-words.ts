/** A replay line of a report, read again: the words that a POSIX shell would see, as options. */
import { fail } from '../../graphs/ir/diagnostic.ts';

/** A command with its arguments and options; an option without a value is the empty text. */
export interface ReplayedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/** Options that have no value. */
const flags: ReadonlySet<string> = new Set(['--allow-suspect', '--quiet', '--json']);

/**
 * Reads a line such as `assay validate m.hlo --backend cpu --cases typical --seed 1`.
 *
 * @throws AssayError `promote/replay` where it is no line of a report
 */
export function readReplay(line: string): ReplayedCommand {
  const [program, command, ...rest] = wordsOf(line);
  if (program !== 'assay' || command === undefined) {
    fail('promote/replay', `"${line}" is no replay line of a report`);
  }
  const args: string[] = [];
  const options = new Map<string, string[]>();
  for (let k = 0; k < rest.length; k++) {
    const word = rest[k]!;
    if (!word.startsWith('--')) args.push(word);
    else {
      const values = flags.has(word) ? [''] : [rest[++k] ?? ''];
      options.set(word, [...(options.get(word) ?? []), ...values]);
    }
  }
  return { command, args, options };
}

/** Words of a line in which what needs it stands in single quotes. */
function wordsOf(line: string): readonly string[] {
  const words = line.match(/(?:'[^']*'|\\.|[^\s'\\])+/g) ?? [];
  return words.map((word) =>
    word.replace(/'([^']*)'|\\(.)/g, (_, quoted, escaped) => quoted ?? escaped),
  );
}
