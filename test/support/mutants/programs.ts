/** The programs of a folder of dumps, each read when it is first drawn and kept. */
import { join } from 'node:path';
import { Program } from './program.ts';

export function programsIn(folder: string, names: readonly string[]): readonly (() => Program)[] {
  return names.map((name) => {
    let read: Program | undefined;
    return () => {
      read ??= new Program(name, join(folder, name));
      return read;
    };
  });
}
