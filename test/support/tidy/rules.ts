/** Rules over one source: each gives the offenders as `path:line: what`. */
import { offence, type Source } from './source.ts';
import type { Token } from './tokens.ts';

/** Uses of global names as values; properties and declarations of the same name do not count. */
export function globalsUsed(source: Source, names: readonly string[]): readonly string[] {
  const { tokens } = source;
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'word' || !names.includes(token.text)) return [];
    const [before, after] = [tokens[index - 1]?.text ?? '', tokens[index + 1]?.text ?? ''];
    const used = /^(?:\.|\?\.|\()$/.test(after) || before === 'new' || isArgument(tokens, index);
    if (!used || /^(?:\.|\?\.|function)$/.test(before)) return [];
    return [offence(source, token.at, `uses ${token.text}`)];
  });
}

/** Accesses such as `process.exit`, of a global and its member. */
export function memberAccesses(source: Source, pattern: RegExp): readonly string[] {
  const { tokens } = source;
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'word' || !/^\??\.$/.test(tokens[index + 1]?.text ?? '')) return [];
    if (/^\??\.$/.test(tokens[index - 1]?.text ?? '')) return [];
    const text = `${token.text}.${tokens[index + 2]?.text ?? ''}`;
    return pattern.test(text) ? [offence(source, token.at, `uses ${text}`)] : [];
  });
}

/**
 * Module-level `let` and `var`, and empty collections that something must be going to fill. A
 * WeakMap from values that never change is no state: what it holds can be computed again.
 */
export function moduleState(source: Source): readonly string[] {
  const { tokens } = source;
  return tokens.flatMap((token, index) => {
    if (token.depth !== 0 || token.kind !== 'word') return [];
    const isState = /^(?:let|var)$/.test(token.text)
      ? tokens[index - 1]?.text !== '.'
      : token.text === 'new' && tokens[index - 1]?.text === '=' && isEmptyCollection(tokens, index);
    return isState ? [offence(source, token.at, 'module-level state')] : [];
  });
}

/** `export *`, with or without a name. */
export function exportsAll(source: Source): readonly string[] {
  const { tokens } = source;
  return tokens.flatMap((token, index) => {
    const next = tokens[index + 1]?.text === 'type' ? tokens[index + 2] : tokens[index + 1];
    const isAll = token.text === 'export' && token.depth === 0 && next?.text === '*';
    return isAll ? [offence(source, token.at, 'export *')] : [];
  });
}

/**
 * Exported functions, classes, constants and types without a docstring right before them. The
 * header of the file is none; of overloads the first one speaks for all.
 */
export function bareExports(source: Source): readonly string[] {
  const { tokens } = source;
  const seen = new Set<string>();
  return tokens.flatMap((token, index) => {
    if (token.text !== 'export' || token.depth !== 0 || token.kind !== 'word') return [];
    const name = exportedName(tokens, index);
    if (name === undefined || seen.has(name)) return [];
    seen.add(name);
    if (token.comment.startsWith('/**') && (index > 0 || !isHeader(source, token))) return [];
    return [offence(source, token.at, name)];
  });
}

/** Calls that begin with one of the names. */
export function calls(source: Source, pattern: RegExp): boolean {
  const { tokens } = source;
  return tokens.some((token, index) => {
    if (token.kind !== 'word' || !pattern.test(token.text)) return false;
    return /^[(.<]$/.test(tokens[index + 1]?.text ?? '') && tokens[index - 1]?.text !== '.';
  });
}

/** Whether the source begins with a docstring of its own. */
export function hasHeader({ text }: Source): boolean {
  return /^(#![^\n]*\n)?\/\*\*/.test(text);
}

/** Whether the docstring before the first token is the only one, which makes it the file's. */
function isHeader({ text }: Source, { at }: Token): boolean {
  return text.slice(0, at).split('/**').length === 2;
}

/** An argument of a call, or an operand: `[Date]` is a value, `Date: 1` a name. */
function isArgument(tokens: readonly Token[], index: number): boolean {
  const [before, after] = [tokens[index - 1]?.text ?? '', tokens[index + 1]?.text ?? ''];
  return /^[(,]$/.test(before) && /^[),]$/.test(after) && isCall(tokens, index);
}

/** Whether the parenthesis around the token is that of a call. */
function isCall(tokens: readonly Token[], index: number): boolean {
  let open = index;
  while (open >= 0 && !(tokens[open]!.text === '(' && tokens[open]!.partner > index)) open -= 1;
  const after =
    tokens[tokens[open]?.partner ?? -1]?.text === ')'
      ? tokens[tokens[open]!.partner + 1]
      : undefined;
  return tokens[open - 1]?.kind === 'word' && !/^(?:=>|:|\{)$/.test(after?.text ?? '');
}

/** `new Map()`, `new Set<T>()`. */
function isEmptyCollection(tokens: readonly Token[], at: number): boolean {
  if (!/^(?:Map|Set)$/.test(tokens[at + 1]?.text ?? '')) return false;
  let open = at + 2;
  while (open < tokens.length && !/^[(;]$/.test(tokens[open]!.text)) open += 1;
  return tokens[open]?.text === '(' && tokens[open]!.partner === open + 1;
}

function exportedName(tokens: readonly Token[], index: number): string | undefined {
  const modifiers = /^(?:default|async|abstract|declare)$/;
  let at = index + 1;
  while (modifiers.test(tokens[at]?.text ?? '')) at += 1;
  const kind = tokens[at]?.text ?? '';
  if (!/^(?:function|class|const|let|interface|type)$/.test(kind)) return undefined;
  const name = tokens[at + 1]?.text === '*' ? tokens[at + 2] : tokens[at + 1];
  return name?.kind === 'word' ? name.text : kind === 'const' ? '{…}' : undefined;
}
