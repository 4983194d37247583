/**
 * A module as a Graphviz drawing: a box for each computation, a node for each instruction, arrows
 * from operands to users, and dashed arrows from computations to the instructions that call them.
 */

import type { Computation, Instruction, Module } from '../ir/module.ts';
import type { AttrSpecs } from '../ops/attr.ts';
import type { Group } from '../ops/row.ts';
import { type Opcode, rowOf } from '../ops/table.ts';
import { printAttrs } from '../text/printer.ts';
import { printShape } from '../text/shape-text.ts';
import { visible } from '../text/visible.ts';

/** The drawing in the DOT language. */
export function printDot(module: Module): string {
  const clusters = module.computations.map((c, n) => cluster(c, n, c.name === module.entry));
  const roots = new Map(module.computations.map((c) => [c.name, c.root]));
  const calls = module.computations.flatMap((c) => callEdges(c, roots));
  const lines = [
    `digraph ${quoted(module.name)} {`,
    '  rankdir=TB;',
    '  node [shape=box, style=filled, fontname="monospace", fontsize=10];',
    ...clusters.flat(),
    ...calls,
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function cluster(computation: Computation, n: number, isEntry: boolean): string[] {
  const { name, instructions, root } = computation;
  return [
    `  subgraph cluster_${n} {`,
    `    label=${quoted(isEntry ? `ENTRY ${name}` : name)};`,
    ...instructions.map((i) => `    ${node(i, i.id === root)}`),
    ...instructions.flatMap(operandEdges).map((edge) => `    ${edge}`),
    '  }',
  ];
}

function node(i: Instruction, isRoot: boolean): string {
  const attrs = shortened(printAttrs(i));
  const text = [
    `%${i.name}`,
    `${i.opcode} ${printShape(i.shape, false)}`,
    ...(attrs ? [attrs] : []),
  ];
  const border = isRoot ? ', peripheries=2' : '';
  return `i${i.id} [label=${quoted(text.join('\n'))}, fillcolor="${colourOf(i.opcode)}"${border}];`;
}

/** Arrows from operands; numbered where there are several. */
function operandEdges(i: Instruction): string[] {
  const many = i.operands.length > 1;
  const data = i.operands.map((o, k) => `i${o} -> i${i.id}${many ? ` [label="${k}"]` : ''};`);
  const control = i.controlPredecessors.map((p) => `i${p} -> i${i.id} [style=dotted];`);
  return [...data, ...control];
}

function callEdges(computation: Computation, roots: ReadonlyMap<string, number>): string[] {
  return computation.instructions.flatMap((i) =>
    calledComputations(i).map((name) => `  i${roots.get(name)} -> i${i.id} [style=dashed];`),
  );
}

/** Names of the computations that an instruction calls. */
function calledComputations(i: Instruction): readonly string[] {
  const specs: AttrSpecs = rowOf(i.opcode).attrs;
  const attrs = i.attrs as Readonly<Record<string, unknown>>;
  return Object.entries(specs)
    .filter(([, { kind }]) => kind === 'computation' || kind === 'computations')
    .flatMap(([name]) => (attrs[name] ?? []) as string | readonly string[]);
}

/** Fill colours by the group that says most about an op. */
const colours: readonly (readonly [Group, string])[] = [
  ['collective', '#f4cccc'],
  ['random', '#f4cccc'],
  ['control', '#d9d2e9'],
  ['reduction', '#cfe2f3'],
  ['transcendental', '#fce5cd'],
  ['elementwise', '#fff2cc'],
  ['data-movement', '#d9ead3'],
];

function colourOf(opcode: Opcode): string {
  const { groups } = rowOf(opcode);
  return colours.find(([group]) => groups.includes(group))?.[1] ?? '#eeeeee';
}

const longestLabel = 80;

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > longestLabel ? `${line.slice(0, longestLabel)}…` : line;
}

function quoted(text: string): string {
  return `"${visible(text).replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
