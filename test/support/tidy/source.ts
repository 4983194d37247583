/** The project's own sources as tokens, for the test that watches its shape. */
import { readdirSync, readFileSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { type Token, tokensOf } from './tokens.ts';

/** Root of the repository. */
export const root = resolve(import.meta.dirname, '../../..');

/** Folders of the product, in the order in which they may import each other. */
export const productFolders = ['graphs', 'passes', 'golden', 'validator', 'cli'] as const;

export type Folder = (typeof productFolders)[number] | 'test';

export interface Source {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** All sources of the product and its tests. */
export function loadSources(): readonly Source[] {
  return [...productFolders, 'test'].flatMap((folder) =>
    filesBelow(folder)
      .filter((path) => path.endsWith('.ts'))
      .map((path) => sourceOf(path, readFileSync(resolve(root, path), 'utf8'))),
  );
}

/** A source from its text, as tests of the rules make them. */
export function sourceOf(path: string, text: string): Source {
  return { path, text, tokens: tokensOf(text) };
}

/** Paths of the files below a folder, from the root of the repository. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(resolve(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, resolve(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

export function folderOf(source: Source): Folder {
  return source.path.split('/')[0] as Folder;
}

/** Line of an offset, from 1. */
export function lineAt(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', next + 1)) {
    line += 1;
  }
  return line;
}

/** `path:line: what`, the form in which an offender is reported. */
export function offence(source: Source, at: number, what: string): string {
  return `${source.path}:${lineAt(source.text, at)}: ${what}`;
}
