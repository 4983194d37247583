/**
 * The program in few files: node reads each file of a module graph on its own, which alone takes
 * longer than most commands. What commands load when they are used stays apart (code splitting), no
 * name is changed, and source maps lie beside. The library is not touched: `exports` lead to the
 * files that tsc wrote, and children of the program are started from there.
 */
import { readFile, rm } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const out = `${root}/dist/bin`;

/** A file that asks where it lies is told where tsc wrote it. */
const ownPlace = {
  name: 'own-place',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      const compiled = relative(out, path.replace(root, `${root}/dist`)).replace(/\.ts$/, '.js');
      const place = `new URL(${JSON.stringify(compiled)}, import.meta.url).href`;
      return { contents: text.replaceAll('import.meta.url', place), loader: 'ts' };
    });
  },
};

await rm(out, { recursive: true, force: true });
await build({
  entryPoints: { assay: `${root}/cli/main.ts` },
  ...{ outdir: out, bundle: true, splitting: true, format: 'esm', platform: 'node' },
  ...{ target: 'node20', packages: 'external', sourcemap: true, sourcesContent: false },
  ...{ chunkNames: '[name]-[hash]', plugins: [ownPlace], logLevel: 'warning' },
});
