/** Replay lines are run as a shell would read them, and must show the finding again. */
import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';
import type { Promotable } from '../../cli/commands/promote.ts';
import type { Backend } from '../../passes/pipeline/pipeline.ts';
import { assay } from './cli.ts';

/** The words of a line, read by a POSIX shell; nothing of it is run. */
export function wordsOf(line: string): string[] {
  const script = `set -f; set -- ${line}\nprintf '%s\\0' "$@"`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

/** Runs the replay line of each finding; each must exit 1 and show it again, on the case named. */
export async function expectReplays(
  findings: readonly Promotable[],
  backends?: readonly Backend[],
): Promise<void> {
  expect(findings.length).toBeGreaterThan(0);
  for (const { replay, pass, step, instruction, output, case: name } of findings) {
    const [program, ...words] = wordsOf(replay);
    expect(program).toBe('assay');
    const again = await assay([...words, '--json'], false, backends);
    expect({ replay, exitCode: again.exitCode, stderr: again.stderr }).toMatchObject({
      ...{ replay, exitCode: 1, stderr: '' },
    });
    expect(JSON.parse(again.stdout).findings).toContainEqual(
      expect.objectContaining({ pass, step, instruction, output, case: name }),
    );
  }
}
