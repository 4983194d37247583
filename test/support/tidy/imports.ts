/** What a source imports, and the circles that imports of values close. */
import { posix } from 'node:path';
import type { Source } from './source.ts';
import type { Token } from './tokens.ts';

export interface Import {
  readonly at: number;
  /** The module as written. */
  readonly text: string;
  /** Whether only types come from it, so that nothing of it is loaded. */
  readonly typeOnly: boolean;
}

/** Modules named by import, export from, import() and import types. */
export function importsOf({ tokens }: Source): readonly Import[] {
  return tokens.flatMap((token, index) => {
    const found = importAt(tokens, token, index);
    return found === undefined ? [] : [found];
  });
}

/** Path from the root of what a relative import names; undefined for packages and the platform. */
export function targetOf(source: Source, { text }: Import): string | undefined {
  return text.startsWith('.') ? posix.join(posix.dirname(source.path), text) : undefined;
}

/**
 * Circles of sources in which each imports a value of the next: the strongly connected components
 * of more than one source, or of one that imports itself; each sorted by path (Tarjan 1972).
 */
export function circles(sources: readonly Source[]): readonly (readonly string[])[] {
  const known = new Set(sources.map(({ path }) => path));
  const edges = new Map(sources.map((source) => [source.path, valueTargets(source, known)]));
  return components(edges).filter(
    (component) => component.length > 1 || edges.get(component[0]!)!.includes(component[0]!),
  );
}

function valueTargets(source: Source, known: ReadonlySet<string>): readonly string[] {
  return importsOf(source)
    .filter(({ typeOnly }) => !typeOnly)
    .map((found) => targetOf(source, found))
    .filter((target) => target !== undefined && known.has(target)) as string[];
}

function importAt(tokens: readonly Token[], token: Token, index: number): Import | undefined {
  if (token.kind !== 'word' || !isImportWord(tokens, token, index)) return undefined;
  const next = tokens[index + 1];
  if (next?.text === '(') return calledImport(tokens, token, index);
  if (token.text === 'import' && next?.kind === 'string') {
    return { at: token.at, text: next.text.slice(1, -1), typeOnly: false };
  }
  return clauseImport(tokens, index);
}

function isImportWord(tokens: readonly Token[], { text, depth }: Token, index: number): boolean {
  const before = tokens[index - 1]?.text;
  if (before === '.' || before === '?.' || tokens[index + 1]?.text === '.') return false;
  if (text === 'import') return depth === 0 || tokens[index + 1]?.text === '(';
  return text === 'export' && depth === 0;
}

function calledImport(tokens: readonly Token[], { at }: Token, index: number): Import | undefined {
  const [module, close] = [tokens[index + 2], tokens[index + 3]];
  if (module?.kind !== 'string') return undefined;
  const isType = close?.text === ')' && tokens[index - 1]?.text !== 'await' ? 'maybe' : 'no';
  const typeOnly = isType === 'maybe' && /^[:<|&,]$|^typeof$/.test(tokens[index - 1]?.text ?? '');
  return { at, text: module.text.slice(1, -1), typeOnly };
}

/** `import type? names from '…'`, `export { … } from '…'`, `export * from '…'`. */
function clauseImport(tokens: readonly Token[], index: number): Import | undefined {
  let end = index + 1;
  while (isClause(tokens[end]))
    end = tokens[end]!.text === '{' ? tokens[end]!.partner + 1 : end + 1;
  const [from, module] = [tokens[end], tokens[end + 1]];
  if (from?.text !== 'from' || module?.kind !== 'string') return undefined;
  const typeOnly = onlyTypes(tokens.slice(index + 1, end));
  return { at: tokens[index]!.at, text: module.text.slice(1, -1), typeOnly };
}

function isClause(token: Token | undefined): boolean {
  if (token === undefined || token.text === 'from') return false;
  return token.kind === 'word' || /^[{},*]$/.test(token.text);
}

/** Whether the clause begins with `type`, or each name in its braces does. */
function onlyTypes(clause: readonly Token[]): boolean {
  if (clause[0]?.text === 'type' && clause[1]?.text !== ',') return true;
  if (clause[0]?.text !== '{') return false;
  const starts = clause.filter((_, i) => i > 0 && /^[{,]$/.test(clause[i - 1]!.text));
  const names = starts.filter(({ kind }) => kind === 'word');
  return names.length > 0 && names.every(({ text }) => text === 'type');
}

function components(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string): number => {
    order.set(node, order.size);
    low.set(node, order.get(node)!);
    stack.push(node);
    for (const next of edges.get(node)!) {
      const reached = order.has(next)
        ? stack.includes(next)
          ? order.get(next)!
          : Infinity
        : visit(next);
      low.set(node, Math.min(low.get(node)!, reached));
    }
    if (low.get(node) === order.get(node)) found.push(stack.splice(stack.indexOf(node)).sort());
    return low.get(node)!;
  };
  for (const node of edges.keys()) if (!order.has(node)) visit(node);
  return found.sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
}
