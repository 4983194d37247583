/** `toStayWithin` has its type for users of `assay/vitest`: its declarations, as they are emitted. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary.ts';

const root = resolve(import.meta.dirname, '../..');
const tsc = join(root, 'node_modules/.bin/tsc');

const user = `import { expect, it } from 'vitest';
import { parseModule, reassociates, tensorOf } from 'assay';
import { budgetOf, toStayWithin } from 'assay/vitest';

expect.extend({ toStayWithin });

it('stays within its budget', () => {
  const result = tensorOf('f32', [], [1]);
  const budget = budgetOf(parseModule('HloModule m'), [result], reassociates);
  expect(result).toStayWithin(budget);
  expect(result).not.toStayWithin(budget);
  // @ts-expect-error: a budget is no number
  expect(result).toStayWithin(1e-3);
});
`;

it('a test file of a user compiles against the emitted types', () => {
  const folder = temporaryFolder();
  const installed = join(folder, 'node_modules/assay');
  mkdirSync(installed, { recursive: true });
  const emitted = ['--declaration', '--emitDeclarationOnly', '--outDir', join(installed, 'dist')];
  execFileSync(tsc, ['-p', join(root, 'tsconfig.build.json'), ...emitted], { stdio: 'pipe' });
  cpSync(join(root, 'package.json'), join(installed, 'package.json'));
  for (const name of ['vitest', '@types']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  writeFileSync(join(folder, 'user.test.ts'), user);
  const options = { target: 'ES2023', module: 'NodeNext', strict: true, noEmit: true };
  const compilerOptions = { ...options, skipLibCheck: true, types: ['node'] };
  const config = JSON.stringify({ compilerOptions, include: ['user.test.ts'] });
  writeFileSync(join(folder, 'tsconfig.json'), config);
  const { status, stdout } = spawnSync(tsc, ['-p', folder], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});
