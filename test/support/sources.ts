/** The project's own sources as syntax trees, for tests that watch its shape. */
import { relative, resolve } from 'node:path';
import { type Node, Project, type SourceFile } from 'ts-morph';

const root = resolve(import.meta.dirname, '../..');

/** Folders of the product, in the order in which they may import each other. */
export const productFolders = ['graphs', 'passes', 'golden', 'validator', 'cli'] as const;

export type Folder = (typeof productFolders)[number] | 'test';

/** All sources of the product and its tests; nothing is type-checked. */
export function loadSources(): readonly SourceFile[] {
  const project = new Project({ skipLoadingLibFiles: true, skipFileDependencyResolution: true });
  const folders = [...productFolders, 'test'].map((f) => `${root}/${f}/**/*.ts`);
  project.addSourceFilesAtPaths(folders);
  return project.getSourceFiles();
}

/** Path from the root of the repository. */
export function pathOf(file: SourceFile): string {
  return relative(root, file.getFilePath());
}

export function folderOf(file: SourceFile): Folder {
  return pathOf(file).split('/')[0] as Folder;
}

/** `path:line: what`, the form in which an offender is reported. */
export function offence(node: Node, what: string): string {
  return `${pathOf(node.getSourceFile())}:${node.getStartLineNumber()}: ${what}`;
}
