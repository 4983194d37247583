/**
 * The house rules that a machine can watch: who may import whom, who may touch the world, and how
 * long files and functions may be. Every offender is reported by path and line; what stands against
 * a rule today is listed in support/tidy/allowed.ts, whose lists only shrink.
 */
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allowedCircles, allowedWideFunctions, validatorFloors } from './support/tidy/allowed.ts';
import { functionsOf } from './support/tidy/functions.ts';
import { circles, importsOf, targetOf } from './support/tidy/imports.ts';
import {
  bareExports,
  calls,
  exportsAll,
  globalsUsed,
  hasHeader,
  memberAccesses,
  moduleState,
} from './support/tidy/rules.ts';
import {
  type Folder,
  filesBelow,
  folderOf,
  lineAt,
  loadSources,
  offence,
  productFolders,
  type Source,
} from './support/tidy/source.ts';

const sources = loadSources();
const inFolders = (...folders: readonly Folder[]) =>
  sources.filter((source) => folders.includes(folderOf(source)));

const maxFileLines = 400;
const maxFunctionLines = 70;
const maxParameters = 7;
const maxFilesInFolder = 20;

/** Folders whose modules a folder may import. */
const mayImport: Readonly<Record<Folder, readonly Folder[]>> = {
  graphs: ['graphs'],
  passes: ['graphs', 'passes'],
  golden: ['graphs', 'golden'],
  validator: ['graphs', 'passes', 'golden', 'validator'],
  cli: ['graphs', 'passes', 'golden', 'validator', 'cli'],
  test: ['graphs', 'passes', 'golden', 'validator', 'cli', 'test'],
};

describe('imports', () => {
  it.each(Object.entries(mayImport))('%s imports only from %s', (folder, allowed) => {
    const files = inFolders(folder as Folder);
    expect(files).not.toEqual([]);
    const isAllowed = (target: string | undefined) =>
      target === undefined || allowed.includes(target.split('/')[0] as Folder);
    expect(importOffences(files, (_, target) => !isAllowed(target))).toEqual([]);
  });

  it('graphs and passes import nothing of the platform but hashing', () => {
    const files = inFolders('graphs', 'passes');
    expect(importOffences(files, (text) => /^node:(?!crypto$)/.test(text))).toEqual([]);
  });

  it('of values close no circles', () => {
    expect(circles(sources)).toEqual(allowedCircles);
  });

  it('of values go one way in validator/', () => {
    expect(descents(inFolders('validator'))).toEqual([]);
  });

  it('validator/ has no room without a floor', () => {
    const rooms = new Set(inFolders('validator').map(roomOf));
    expect([...rooms].sort()).toEqual([...validatorFloors].sort());
  });
});

describe('the searches', () => {
  it('know nothing of what they search: they import only each other', () => {
    const files = sources.filter(({ path }) => path.startsWith('validator/search/'));
    expect(files).not.toEqual([]);
    const journals = files.filter(({ path }) => path.endsWith('/file-journal.ts'));
    const others = files.filter((file) => !journals.includes(file));
    expect(importOffences(others, (text) => !text.startsWith('./'))).toEqual([]);
    expect(importOffences(journals, (text) => !/^(\.\/|node:)/.test(text))).toEqual([]);
  });
});

describe('the world', () => {
  it('is out of reach for graphs and passes: no IO, no clock, no chance', () => {
    const forbidden = ['console', 'process', 'Date', 'performance', 'fetch', 'setTimeout'];
    const files = inFolders('graphs', 'passes');
    expect(files.flatMap((file) => globalsUsed(file, forbidden))).toEqual([]);
  });

  it('is printed to, and exited from, by cli alone', () => {
    const files = inFolders('graphs', 'passes', 'golden', 'validator');
    const exits = /^process\.(exit|exitCode|abort|stdout|stderr)$/;
    const uses = files.flatMap((file) => globalsUsed(file, ['console']));
    expect([...uses, ...files.flatMap((file) => memberAccesses(file, exits))]).toEqual([]);
  });

  it('gives no random numbers: every generator takes a seed', () => {
    expect(sources.flatMap((file) => memberAccesses(file, /^Math\.random$/))).toEqual([]);
  });

  it('leaves no state in the modules of graphs and passes', () => {
    expect(inFolders('graphs', 'passes').flatMap(moduleState)).toEqual([]);
  });
});

describe('size and form', () => {
  it(`files have at most ${maxFileLines} lines`, () => {
    const long = sources.filter((file) => lineCount(file) > maxFileLines);
    expect(long.map((file) => `${file.path}:${lineCount(file)}: too long`)).toEqual([]);
  });

  it(`functions have at most ${maxFunctionLines} lines`, () => {
    const long = functionsWhere(({ lines, isSuite }) => lines > maxFunctionLines && !isSuite);
    expect(
      long.map(({ source, at, lines }) => offence(source, at, `function of ${lines} lines`)),
    ).toEqual([]);
  });

  it(`functions take at most ${maxParameters} positional parameters`, () => {
    const wide = functionsWhere(({ parameters }) => parameters > maxParameters);
    expect(wide.map(({ source, name }) => `${source.path} ${name}`)).toEqual(allowedWideFunctions);
  });

  it(`folders have at most ${maxFilesInFolder} files`, () => {
    const counts = new Map<string, number>();
    for (const folder of [...productFolders, 'test'].flatMap(filesBelow).map(dirname)) {
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
    const full = [...counts].filter(([, count]) => count > maxFilesInFolder);
    expect(full.map(([folder, count]) => `${folder}: ${count} files`)).toEqual([]);
  });

  it('exports say what they are', () => {
    expect(inFolders(...productFolders).flatMap(bareExports)).toEqual([]);
  });

  it('files begin with a comment that says what they hold and why', () => {
    const bare = sources.filter((file) => !hasHeader(file));
    expect(bare.map(({ path }) => `${path}:1: no header`)).toEqual([]);
  });

  it('file names are in kebab case', () => {
    expect(sources.map(({ path }) => path).filter((path) => !/^[a-z0-9/.-]+$/.test(path))).toEqual(
      [],
    );
  });

  it('no file re-exports all of another', () => {
    expect(sources.flatMap(exportsAll)).toEqual([]);
  });

  it('every test file asserts something', () => {
    const asserts = (file: Source) =>
      calls(file, /^(?:expect|assert|describeValidation)$/) ||
      memberAccesses(file, /^fc\.assert$/).length > 0;
    const idle = inFolders('test')
      .filter(({ path }) => path.endsWith('.test.ts'))
      .filter((file) => !asserts(file));
    expect(idle.map(({ path }) => `${path}:1: no assertion`)).toEqual([]);
  });
});

/** Imports for which the text, or the path that it leads to, is wrong. */
function importOffences(
  files: readonly Source[],
  isWrong: (text: string, target: string | undefined) => boolean,
): readonly string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((found) => isWrong(found.text, targetOf(file, found)))
      .map(({ at, text }) => offence(file, at, `imports ${text}`)),
  );
}

/** Imports of values in validator/ from a room that stands behind the importing one. */
function descents(files: readonly Source[]): string[] {
  const floor = (path: string) => validatorFloors.indexOf(path.split('/')[1]!);
  return files.flatMap((file) =>
    importsOf(file)
      .filter(({ typeOnly }) => !typeOnly)
      .map((found) => targetOf(file, found) ?? '')
      .filter((target) => target.startsWith('validator/') && floor(target) > floor(file.path))
      .map((target) => `${file.path} -> ${target}`),
  );
}

function roomOf({ path }: Source): string {
  return path.split('/')[1]!;
}

function functionsWhere(isMeant: (found: ReturnType<typeof functionsOf>[number]) => boolean) {
  return sources.flatMap((source) =>
    functionsOf(source)
      .filter(isMeant)
      .map((found) => ({ ...found, source })),
  );
}

/** Lines from the first token on; the header does not count. */
function lineCount({ text, tokens }: Source): number {
  return lineAt(text, text.trimEnd().length) - lineAt(text, tokens[0]?.at ?? 0) + 1;
}
