/**
 * The house rules that a machine can watch: who may import whom, who may touch the world, and how
 * long files and functions may be. Every offender is reported by path and line.
 */
import { dirname, relative, resolve } from 'node:path';
import { type Node, type SourceFile, SyntaxKind } from 'ts-morph';
import { describe, expect, it } from 'vitest';
import { type Folder, folderOf, loadSources, offence, pathOf } from './support/sources.ts';

const sources = loadSources();
const inFolders = (...folders: readonly Folder[]) =>
  sources.filter((file) => folders.includes(folderOf(file)));

const maxFileLines = 400;
const maxFunctionLines = 70;

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
    const wrong = files.flatMap(relativeImports).filter(({ target }) => !allowed.includes(target));
    expect(wrong.map(({ node, text }) => offence(node, `imports ${text}`))).toEqual([]);
  });

  it('graphs and passes import nothing of the platform but hashing', () => {
    const found = inFolders('graphs', 'passes').flatMap(importTexts);
    const wrong = found.filter(({ text }) => /^node:(?!crypto$)/.test(text));
    expect(wrong.map(({ node, text }) => offence(node, `imports ${text}`))).toEqual([]);
  });
});

describe('the searches', () => {
  it('know nothing of what they search: they import only each other', () => {
    const files = sources.filter((file) => pathOf(file).startsWith('validator/search/'));
    expect(files).not.toEqual([]);
    const wrong = files.flatMap(importTexts).filter(({ node, text }) => {
      const isFileJournal = pathOf(node.getSourceFile()).endsWith('/file-journal.ts');
      return !(text.startsWith('./') || (isFileJournal && text.startsWith('node:')));
    });
    expect(wrong.map(({ node, text }) => offence(node, `imports ${text}`))).toEqual([]);
  });
});

describe('the world', () => {
  it('is out of reach for graphs and passes: no IO, no clock, no chance', () => {
    const forbidden = ['console', 'process', 'Date', 'performance', 'fetch', 'setTimeout'];
    const files = inFolders('graphs', 'passes');
    const found = files.flatMap((file) => globalsUsed(file, forbidden));
    expect(found.map((node) => offence(node, `uses ${node.getText()}`))).toEqual([]);
  });

  it('is printed to, and exited from, by cli alone', () => {
    const files = inFolders('graphs', 'passes', 'golden', 'validator');
    const calls = files.flatMap((file) => globalsUsed(file, ['console']));
    const exits = /^process\.(exit|exitCode|abort|stdout|stderr)$/;
    const found = [...calls, ...files.flatMap((file) => memberAccesses(file, exits))];
    expect(found.map((node) => offence(node, `uses ${node.getText()}`))).toEqual([]);
  });

  it('gives no random numbers: every generator takes a seed', () => {
    const found = sources.flatMap((file) => memberAccesses(file, /^Math\.random$/));
    expect(found.map((node) => offence(node, 'uses Math.random'))).toEqual([]);
  });

  it('leaves no state in the modules of graphs and passes', () => {
    const found = inFolders('graphs', 'passes').flatMap(moduleState);
    expect(found.map((node) => offence(node, 'module-level state'))).toEqual([]);
  });
});

describe('size and form', () => {
  it(`files have at most ${maxFileLines} lines`, () => {
    const long = sources.filter((file) => lineCount(file) > maxFileLines);
    expect(long.map((file) => `${pathOf(file)}:${lineCount(file)}: too long`)).toEqual([]);
  });

  it(`functions have at most ${maxFunctionLines} lines`, () => {
    const long = sources.flatMap(functions).filter((node) => lineCount(node) > maxFunctionLines);
    expect(long.map((node) => offence(node, `function of ${lineCount(node)} lines`))).toEqual([]);
  });

  it('files begin with a comment that says what they hold and why', () => {
    const bare = sources.filter((file) => !/^(#![^\n]*\n)?\/\*\*/.test(file.getFullText()));
    expect(bare.map((file) => `${pathOf(file)}:1: no header`)).toEqual([]);
  });

  it('file names are in kebab case', () => {
    const odd = sources.map(pathOf).filter((path) => !/^[a-z0-9/.-]+$/.test(path));
    expect(odd).toEqual([]);
  });

  it('no file re-exports all of another', () => {
    const found = sources.flatMap((file) =>
      file.getExportDeclarations().filter((e) => !e.hasNamedExports()),
    );
    expect(found.map((node) => offence(node, 'export *'))).toEqual([]);
  });

  it('every test file asserts something', () => {
    const asserts = /^(expect|fc\.assert|assert|describeValidation)\b/;
    const idle = inFolders('test')
      .filter((file) => pathOf(file).endsWith('.test.ts'))
      .filter((file) => !calls(file).some((call) => asserts.test(call.getText())));
    expect(idle.map((file) => `${pathOf(file)}:1: no assertion`)).toEqual([]);
  });
});

interface Import {
  readonly node: Node;
  readonly text: string;
}

/** Modules named by import, export from, import() and import types. */
function importTexts(file: SourceFile): readonly Import[] {
  const declarations = [...file.getImportDeclarations(), ...file.getExportDeclarations()];
  const named = declarations.flatMap((node) => {
    const text = node.getModuleSpecifierValue();
    return text === undefined ? [] : [{ node, text }];
  });
  const dynamic = calls(file)
    .filter((call) => call.getExpression().isKind(SyntaxKind.ImportKeyword))
    .map((node) => ({ node, text: node.getArguments()[0]!.getText().slice(1, -1) }));
  const types = file
    .getDescendantsOfKind(SyntaxKind.ImportType)
    .map((node) => ({ node, text: node.getArgument().getText().slice(1, -1) }));
  return [...named, ...dynamic, ...types];
}

function relativeImports(file: SourceFile): readonly (Import & { readonly target: Folder })[] {
  const from = dirname(resolve('/', pathOf(file)));
  return importTexts(file)
    .filter(({ text }) => text.startsWith('.'))
    .map((found) => {
      const [target] = relative('/', resolve(from, found.text)).split('/');
      return { ...found, target: target as Folder };
    });
}

function calls(file: SourceFile) {
  return file.getDescendantsOfKind(SyntaxKind.CallExpression);
}

/** Uses of global names as values; properties and declarations of the same name do not count. */
function globalsUsed(file: SourceFile, names: readonly string[]): readonly Node[] {
  return file.getDescendantsOfKind(SyntaxKind.Identifier).filter((node) => {
    if (!names.includes(node.getText())) return false;
    const parent = node.getParent();
    if (parent?.isKind(SyntaxKind.PropertyAccessExpression)) return parent.getExpression() === node;
    return parent?.isKind(SyntaxKind.CallExpression) || parent?.isKind(SyntaxKind.NewExpression);
  });
}

function memberAccesses(file: SourceFile, pattern: RegExp): readonly Node[] {
  const accesses = file.getDescendantsOfKind(SyntaxKind.PropertyAccessExpression);
  return accesses.filter((node) => pattern.test(node.getText()));
}

/**
 * Module-level `let`, and empty collections that something must be going to fill. A WeakMap from
 * values that never change is no state: what it holds can be computed again.
 */
function moduleState(file: SourceFile): readonly Node[] {
  return file.getVariableStatements().flatMap((statement): readonly Node[] => {
    if (statement.getDeclarationKind() !== 'const') return [statement];
    return statement.getDeclarations().filter((declaration) => {
      const made = declaration.getInitializer()?.asKind(SyntaxKind.NewExpression);
      const kind = made?.getExpression().getText() ?? '';
      return /^(Map|Set)$/.test(kind) && made!.getArguments().length === 0;
    });
  });
}

/** Functions of any form; the callback of a describe is a list of tests, not a function. */
function functions(file: SourceFile): readonly Node[] {
  const kinds = [
    SyntaxKind.FunctionDeclaration,
    SyntaxKind.FunctionExpression,
    SyntaxKind.ArrowFunction,
    SyntaxKind.MethodDeclaration,
    SyntaxKind.Constructor,
    SyntaxKind.GetAccessor,
    SyntaxKind.SetAccessor,
  ];
  const isSuite = (node: Node) => /^describe\b/.test(node.getParent()?.getText() ?? '');
  return kinds.flatMap((kind) => file.getDescendantsOfKind(kind)).filter((node) => !isSuite(node));
}

function lineCount(node: Node): number {
  return node.getEndLineNumber() - node.getStartLineNumber() + 1;
}
