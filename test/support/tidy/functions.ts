/** The functions of a source: where each begins and ends, and how many parameters it takes. */
import type { Source } from './source.ts';
import { lineAt } from './source.ts';
import type { Token } from './tokens.ts';

export interface FunctionFound {
  readonly name: string;
  readonly at: number;
  readonly lines: number;
  /** Positional parameters; a destructured record is one. */
  readonly parameters: number;
  /** Whether it is the callback of a describe: a list of tests, not a function. */
  readonly isSuite: boolean;
}

/** Words before a parenthesis that begin no method. */
const noMethods = new Set('if for while switch catch with return await function'.split(' '));
/** What a type may go on after, so that a brace behind it belongs to the type. */
const typeGoesOn = /^(?:[:|&<,([?]|=>|readonly|extends|keyof|is|infer)$/;

/** Functions, methods, accessors and arrows with a body, in order; types of functions too. */
export function functionsOf(source: Source): readonly FunctionFound[] {
  const { tokens } = source;
  const found: FunctionFound[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const end = tokens[index]!.text === '(' ? endOfFunction(tokens, index) : undefined;
    if (end !== undefined) found.push(describeFunction(source, index, end));
    else if (isBareArrow(tokens, index)) {
      found.push({
        ...describeFunction(source, index, endOfArrow(tokens, index + 1)),
        parameters: 1,
      });
    }
  }
  return found;
}

/** Parameters between a parenthesis and its partner; angle brackets of types nest. */
export function parameterCount(tokens: readonly Token[], open: number): number {
  const close = tokens[open]!.partner;
  let [angles, commas] = [0, 0];
  for (let index = open + 1; index < close; index++) {
    const { text, partner, kind } = tokens[index]!;
    if (partner > index) index = partner;
    else if (kind !== 'punctuation') continue;
    else if (text === '<') angles += 1;
    else if (text === '>') angles -= 1;
    else if (text === ',' && angles === 0) commas += 1;
  }
  if (close === open + 1) return 0;
  const trailing = tokens[close - 1]!.text === ',' ? 0 : 1;
  return commas + trailing - (tokens[open + 1]!.text === 'this' ? 1 : 0);
}

function describeFunction(source: Source, open: number, end: number): FunctionFound {
  const { tokens, text } = source;
  const start = startOf(tokens, open);
  const from = tokens[start]!.at;
  const last = tokens[Math.min(end, tokens.length - 1)]!;
  return {
    name: nameOf(tokens, open),
    at: from,
    lines: lineAt(text.slice(from, last.at + 1), Infinity),
    parameters: tokens[open]!.text === '(' ? parameterCount(tokens, open) : 1,
    isSuite: isSuite(tokens, open),
  };
}

/** Last token of the function whose parameters open here; undefined where none begins. */
function endOfFunction(tokens: readonly Token[], open: number): number | undefined {
  const close = tokens[open]!.partner;
  if (close < 0) return undefined;
  let next = close + 1;
  if (tokens[next]?.text === ':') next = endOfType(tokens, next + 1);
  const text = tokens[next]?.text;
  if (text === '=>') return isReturnType(tokens, open) ? undefined : endOfArrow(tokens, next);
  return text === '{' && namesMethod(tokens, open) ? tokens[next]!.partner : undefined;
}

/** Whether the parentheses begin the type of a function that a function returns: `(): () => T`. */
function isReturnType(tokens: readonly Token[], open: number): boolean {
  return tokens[open - 1]?.text === ':' && tokens[open - 2]?.text === ')';
}

/** The first token behind a return type: an arrow, a body's brace or the end of a signature. */
function endOfType(tokens: readonly Token[], from: number): number {
  let index = from;
  let angles = 0;
  for (; index < tokens.length; index++) {
    const { text, partner, kind } = tokens[index]!;
    const before = tokens[index - 1]!.text;
    if (kind === 'punctuation') {
      if (text === '<') angles += 1;
      else if (text === '>') angles -= 1;
      else if (text === '{' && angles === 0 && !typeGoesOn.test(before)) return index;
      else if (text === '=>' && !isFunctionType(tokens, index, from)) return index;
      else if (/^[;)}\]=]$/.test(text) || (text === ',' && angles === 0)) return index;
    }
    if (partner > index) index = partner;
  }
  return index;
}

/** Whether the arrow belongs to the type: its parameters begin it or stand inside of it. */
function isFunctionType(tokens: readonly Token[], arrow: number, from: number): boolean {
  const before = tokens[arrow - 1]!;
  if (before.text !== ')' || before.partner < from) return false;
  return typeGoesOn.test(tokens[before.partner - 1]!.text);
}

/** A body in braces, or an expression up to what ends it. */
function endOfArrow(tokens: readonly Token[], arrow: number): number {
  const body = tokens[arrow + 1];
  if (body?.text === '{') return body.partner;
  let index = arrow + 1;
  for (; index < tokens.length; index++) {
    const { text, partner, kind } = tokens[index]!;
    if (partner > index) index = partner;
    else if (kind === 'punctuation' && /^[,;)\]}]$/.test(text)) break;
  }
  return index - 1;
}

/** `name => …` without parentheses. */
function isBareArrow(tokens: readonly Token[], index: number): boolean {
  return (
    tokens[index]!.kind === 'word' &&
    tokens[index + 1]?.text === '=>' &&
    !/^[:|&]$|^=>$/.test(tokens[index - 1]?.text ?? '')
  );
}

function namesMethod(tokens: readonly Token[], open: number): boolean {
  const at = beforeGenerics(tokens, open);
  const before = tokens[at];
  if (before === undefined) return false;
  if (/^(?:function|\*)$/.test(before.text) || before.text === ']') return true;
  if (before.kind !== 'word' && before.kind !== 'string') return false;
  return !noMethods.has(before.text);
}

/** Index of the token before the parenthesis and its type parameters. */
function beforeGenerics(tokens: readonly Token[], open: number): number {
  let index = open - 1;
  if (tokens[index]?.text !== '>') return index;
  for (let angles = 0; index >= 0; index--) {
    const { text } = tokens[index]!;
    if (text === '>') angles += 1;
    else if (text === '<') angles -= 1;
    if (angles === 0) break;
  }
  return index - 1;
}

/** Where its own words begin: `export async function name`, `static name`, `async (`. */
function startOf(tokens: readonly Token[], open: number): number {
  let index = beforeGenerics(tokens, open);
  const words = /^(?:export|default|async|function|static|private|get|set|\*)$/;
  if (!words.test(tokens[index]?.text ?? '') && !namesDeclared(tokens, index)) return open;
  while (index > 0 && words.test(tokens[index - 1]!.text)) index -= 1;
  return index;
}

function namesDeclared(tokens: readonly Token[], index: number): boolean {
  return tokens[index]?.kind === 'word' && !noMethods.has(tokens[index]!.text);
}

/** The name of a function or method, or of the constant, field or type that it is given to. */
function nameOf(tokens: readonly Token[], open: number): string {
  let index = beforeGenerics(tokens, open);
  if (tokens[index]?.text === 'async') index -= 1;
  const before = tokens[index];
  if (before === undefined) return '';
  if (before.kind === 'word' && before.text !== 'function') return before.text;
  if (before.text === ':') return tokens[index - 1]!.text;
  if (before.text !== '=') return '';
  for (let back = index; back >= Math.max(0, index - 60); back--) {
    if (/^(?:const|let|type|readonly|static)$/.test(tokens[back]!.text))
      return tokens[back + 1]!.text;
  }
  return tokens[index - 1]!.text;
}

/** Whether the parameters stand right in the call of a describe, behind its name. */
function isSuite(tokens: readonly Token[], open: number): boolean {
  for (let index = open - 1; index >= 0; index--) {
    const { partner, text } = tokens[index]!;
    if (partner >= 0 && partner < index) index = partner;
    else if (partner > index) return text === '(' && calleeBegins(tokens, index, 'describe');
    else if (text === ';') return false;
  }
  return false;
}

/** Whether the callee before a parenthesis begins with the word: `describe.each(rows)(`. */
function calleeBegins(tokens: readonly Token[], open: number, name: string): boolean {
  let index = open - 1;
  while (index >= 0) {
    const { partner, kind, text } = tokens[index]!;
    if (partner >= 0 && partner < index) index = partner - 1;
    else if (text === '.' || kind === 'template') index -= 1;
    else if (kind === 'word' && tokens[index - 1]?.text === '.') index -= 1;
    else return text.startsWith(name);
  }
  return false;
}
