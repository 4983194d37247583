/**
 * What a module's header promises of the buffers of its parameters: which may be overwritten, and
 * which result stands in which. The caller of a compiled module acts on it, so none may be invented;
 * a must-alias, on which the caller counts, may not be lost either.
 */

import type { Module } from '../../graphs/ir/module.ts';
import type { Numbering } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';

/** One entry of input_output_alias; paths are tuple indices joined by commas. */
interface Alias {
  readonly output: string;
  readonly parameter: number;
  readonly path: string;
  readonly must: boolean;
}

/** A promise of the header that was broken: its attribute before and after, and what is wrong. */
export interface HeaderFault {
  readonly before: string;
  readonly after: string;
  readonly why: string;
}

/** What is wrong with the header of the module after, where the one before was right. */
export function headerFaults(
  before: ValueGraph,
  after: ValueGraph,
  numbering: Numbering,
): HeaderFault[] {
  if (before.module === after.module) return [];
  return [
    ...aliasFaults(before.module, after, numbering).map(fault('input_output_alias', before, after)),
    ...donorFaults(before.module, after.module).map(fault('buffer_donor', before, after)),
    ...countFaults(before, after),
  ];
}

function fault(
  attribute: string,
  before: ValueGraph,
  after: ValueGraph,
): (why: string) => HeaderFault {
  const line = ({ module }: ValueGraph) => {
    const text = module.attributes[attribute];
    return text === undefined ? `no ${attribute}` : `${attribute}=${text}`;
  };
  return (why) => ({ before: line(before), after: line(after), why });
}

function aliasFaults(before: Module, after: ValueGraph, numbering: Numbering): string[] {
  const [was, is] = [aliasesOf(before), aliasesOf(after.module)];
  const donated = donorsOf(before);
  const same = (a: Alias, b: Alias) =>
    a.output === b.output && a.parameter === b.parameter && a.path === b.path;
  const lost = was.filter((w) => w.must && !is.some((a) => same(w, a) && a.must));
  const made = is.filter((a) => {
    const known = was.find((w) => same(w, a));
    if (known) return a.must && !known.must;
    return a.must || !(donated.has(bufferOf(a)) || isHandedOn(a, after, numbering));
  });
  return [
    ...lost.map((a) => `the caller counts on ${textOf(a)}, which is not kept`),
    ...made.map((a) => `${textOf(a)} is invented: nothing before gives that buffer away`),
  ];
}

function donorFaults(before: Module, after: Module): string[] {
  const given = new Set([...donorsOf(before), ...aliasesOf(before).map(bufferOf)]);
  return [...donorsOf(after)]
    .filter((donor) => !given.has(donor))
    .map(
      (donor) => `parameter ${donor} is not given away before: its buffer may be overwritten now`,
    );
}

/** The numbers of devices, on which partition-id and replica-id depend. */
function countFaults(before: ValueGraph, after: ValueGraph): HeaderFault[] {
  return ['replica_count', 'num_partitions'].flatMap((name) => {
    const [b, a] = [before, after].map(({ module }) => module.attributes[name] ?? '1');
    const why = 'the module is made for another number of devices';
    return b === a ? [] : [{ before: `${name}=${b}`, after: `${name}=${a}`, why }];
  });
}

/** Whether the aliased result is the parameter itself, which then stays as it is. */
function isHandedOn(
  { output, parameter, path }: Alias,
  after: ValueGraph,
  numbering: Numbering,
): boolean {
  let at = after.root;
  for (const k of output === '' ? [] : output.split(',')) {
    const { instruction, operands } = numbering.term(at);
    const next = instruction.opcode === 'tuple' ? operands[Number(k)] : undefined;
    if (next === undefined) return false;
    at = next;
  }
  const { instruction } = numbering.term(at);
  return path === '' && instruction.opcode === 'parameter' && instruction.attrs.index === parameter;
}

function aliasesOf({ attributes }: Module): Alias[] {
  const entry =
    /\{([\d,\s]*)\}\s*:\s*\(\s*(\d+)\s*(?:,\s*\{([\d,\s]*)\})?\s*(?:,\s*([a-z-]+))?\s*\)/g;
  return [...(attributes.input_output_alias ?? '').matchAll(entry)].map(
    ([, output = '', parameter, path = '', kind]): Alias => ({
      output: output.replace(/\s/g, ''),
      parameter: Number(parameter),
      path: path.replace(/\s/g, ''),
      must: kind === 'must-alias',
    }),
  );
}

function donorsOf({ attributes }: Module): ReadonlySet<string> {
  const entry = /\(\s*(\d+)\s*,\s*\{([\d,\s]*)\}\s*\)/g;
  const found = (attributes.buffer_donor ?? '').matchAll(entry);
  return new Set(
    [...found].map(([, n, path = '']) => bufferText(Number(n), path.replace(/\s/g, ''))),
  );
}

function bufferOf({ parameter, path }: Alias): string {
  return bufferText(parameter, path);
}

function bufferText(parameter: number, path: string): string {
  return path === '' ? `${parameter}` : `${parameter}{${path}}`;
}

function textOf(alias: Alias): string {
  const kind = alias.must ? 'must-alias' : 'may-alias';
  return `result {${alias.output}} in the buffer of parameter ${bufferOf(alias)} (${kind})`;
}
