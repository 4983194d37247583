/** Traces of a bundled program name the places of its sources. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { sourceStack } from '../../cli/self/source-stack.ts';
import { temporaryFolder } from '../support/temporary.ts';

it('leads a place in a bundle back to its source', async () => {
  const folder = temporaryFolder();
  const source = join(folder, 'fault.ts');
  writeFileSync(source, "// first\n// second\nexport const fault: Error = new Error('odd');\n");
  const outfile = join(folder, 'out.js');
  const common = { bundle: true, format: 'esm', sourcemap: true, sourcesContent: false } as const;
  await build({ entryPoints: [source], outfile, ...common });
  const stack = `Error: odd\n    at ${pathToFileURL(outfile)}:3:13\n    at node:internal/x:1:2`;
  expect(sourceStack(stack)).toBe(`Error: odd\n    at ${source}:3:44\n    at node:internal/x:1:2`);
});

it('leaves places alone that have no map', () => {
  const stack = 'Error: odd\n    at f (file:///nowhere/x.js:1:2)';
  expect(sourceStack(stack)).toBe(stack);
});
