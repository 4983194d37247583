/** Words of a replay line, quoted so that a POSIX shell reads them back as they were. */
import { defaultLimits, type Limits } from '../reference/context.ts';

/** A word as a POSIX shell reads it back. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A file given as an argument: one whose name begins with a dash is no option. */
export function shellFile(file: string): string {
  return shellWord(file.startsWith('-') ? `./${file}` : file);
}

/** The options that ask for limits other than those that hold anyway. */
export function limitWords({ maxIterations }: Partial<Limits>): string[] {
  const given = maxIterations !== undefined && maxIterations !== defaultLimits.maxIterations;
  return given ? [`--max-iterations ${maxIterations}`] : [];
}
