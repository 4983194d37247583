/** Runs test files in a folder by vitest, the library being this checkout. */
import { basename, dirname, join, resolve } from 'node:path';
import { startVitest } from 'vitest/node';

const root = resolve(import.meta.dirname, '../..');

/** Folders and states of the tests below a folder. */
export async function statesIn(folder: string): Promise<readonly (readonly [string, string])[]> {
  const { exitCode } = process;
  const alias = {
    'assay/vitest': join(root, 'validator/vitest/index.ts'),
    assay: join(root, 'validator/index.ts'),
  };
  const reporters = [{ onInit() {} }];
  const config = { root: folder, watch: false, config: false, reporters } as const;
  const vitest = await startVitest('test', [], config as never, { resolve: { alias } });
  const tests = vitest.state.getTestModules().flatMap((m) => [...m.children.allTests()]);
  await vitest.close();
  process.exitCode = exitCode;
  return tests.map((t) => [basename(dirname(t.module.moduleId)), t.result().state] as const);
}
