/**
 * The user's own source line of an instruction: op_name, source_file and source_line of its metadata,
 * the stack frame that the metadata names in the module's debug tables, or its `origin`.
 */

import {
  type Computation,
  computationOf,
  type Instruction,
  type Module,
} from '../../graphs/ir/module.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import type { ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';

/** `jit(f)/add, model.py:12`; undefined where the module does not tell. */
export function sourceOf({ extras }: Instruction, { debugTables }: Module): string | undefined {
  const { metadata = '', origin } = extras;
  const name = textField(metadata, 'op_name');
  const file = textField(metadata, 'source_file');
  const line = numberField(metadata, 'source_line');
  const frame = numberField(metadata, 'stack_frame_id');
  const placed = file && (line ? `${file}:${line}` : file);
  const place = placed || (frame === undefined ? undefined : frameText(debugTables, frame));
  const parts = [name, place].filter((part) => part !== undefined && part !== '');
  if (parts.length) return parts.join(', ');
  return origin === undefined ? undefined : `origin ${origin}`;
}

/** The source of a value: of any place in a flow's module at which it stands and that tells. */
export function sourceOfNumber(
  { module, places }: ValueGraph,
  number: ValueNumber,
): string | undefined {
  for (const [place, n] of places) {
    const found = n === number && placedAt(module, place);
    const source = found && sourceOf(found.instruction, module);
    if (source) return source;
  }
  return undefined;
}

/** An instruction, and the computation that it stands in. */
export interface PlacedInstruction {
  readonly instruction: Instruction;
  readonly computation: Computation;
}

/** The instruction at a place: names of call sites and its own, joined by '/'. */
export function placedAt(module: Module, place: string): PlacedInstruction | undefined {
  let computation = computationOf(module, module.entry);
  const names = place.split('/');
  for (const [depth, name] of names.entries()) {
    const found = computation.instructions.find((i) => i.name === name);
    if (!found || depth === names.length - 1) return found && { instruction: found, computation };
    const [callee] = calledBy(found);
    if (callee === undefined) return undefined;
    computation = computationOf(module, callee);
  }
  return undefined;
}

/** A quoted field of metadata, escapes taken away. */
function textField(metadata: string, field: string): string | undefined {
  const found = new RegExp(`\\b${field}="((?:[^"\\\\]|\\\\.)*)"`).exec(metadata)?.[1];
  return found?.replace(/\\(.)/g, '$1');
}

function numberField(text: string, field: string): number | undefined {
  const found = new RegExp(`\\b${field}=(\\d+)`).exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** File and line of a stack frame, looked up in the tables behind the header. */
function frameText(tables: string, frame: number): string | undefined {
  const row = (table: string, id: number) =>
    new RegExp(`^${table}\\n(?:\\d+ .*\\n)*?${id} (.*)$`, 'm').exec(tables)?.[1] ?? '';
  const location = row(
    'FileLocations',
    numberField(row('StackFrames', frame), 'file_location_id') ?? 0,
  );
  const file = row('FileNames', numberField(location, 'file_name_id') ?? 0).replace(/^"|"$/g, '');
  const line = numberField(location, 'line');
  return file && line !== undefined ? `${file}:${line}` : undefined;
}
