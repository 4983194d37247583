/** What a report says of code that no case executes. */
import type { Unreached } from '../coverage/reached.ts';
import { count } from './numbers.ts';

const shownSites = 10;
const shownNames = 4;

/** A block that names what never ran; none where all did. `of` stands before each line. */
export function formatUnreached(
  places: readonly { readonly of: string; readonly unreached: readonly Unreached[] }[],
): string[] {
  const all = places.flatMap(({ of, unreached }) =>
    unreached.map((u) => `  ${of}%${u.computation} of %${u.site}: ${namesText(u)}`),
  );
  const lines = [...new Set(all)];
  if (lines.length === 0) return [];
  const rest = lines.length > shownSites ? [`  … and ${lines.length - shownSites} more`] : [];
  return [['Never executed, by no case:', ...lines.slice(0, shownSites), ...rest].join('\n')];
}

function namesText({ instructions }: Unreached): string {
  const many = `${count(instructions.length)} instruction${instructions.length === 1 ? '' : 's'}`;
  const names = instructions.slice(0, shownNames).map((name) => `%${name}`);
  return `${many}, ${names.join(', ')}${instructions.length > shownNames ? ' …' : ''}`;
}

/** `, 12 instructions never executed`, to stand behind the share that was decided. */
export function unreachedNote(unreached: readonly Unreached[]): string {
  const n = unreached.reduce((sum, u) => sum + u.instructions.length, 0);
  return n === 0 ? '' : `, ${count(n)} instruction${n === 1 ? '' : 's'} never executed`;
}
