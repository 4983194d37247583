/** Whether a declared shape may stand where an op's rule infers another: XLA's verifier's leniency. */
import type { Shape } from '../../ir/shape.ts';
import { type Opcode, rowOf } from '../table.ts';
import { alike, compatible } from './checks.ts';

/** Ops that pass values on as they are; of all others the floating-point precision may differ. */
const exact: ReadonlySet<Opcode> = new Set([
  'bitcast',
  'call',
  'conditional',
  'constant',
  'copy-done',
  'copy-start',
  'custom-call',
  'dynamic-update-slice',
  'fusion',
  'gather',
  'get-tuple-element',
  'infeed',
  'map',
  'opt-barrier',
  'outfeed',
  'parameter',
  'recv',
  'recv-done',
  'select',
  'send',
  'send-done',
  'sort',
  'topk',
  'tuple',
  'while',
] as const);

/** True if `declared` is the inferred shape, layouts and dynamic marks aside. */
export function fitsDeclared(opcode: Opcode, inferred: Shape, declared: Shape): boolean {
  if (inferred === declared) return true;
  return (exact.has(opcode) ? compatible : alike)(inferred, declared);
}

/** True if the op only moves or exchanges values: these cannot change their type on the way. */
export function movesValues(opcode: Opcode): boolean {
  return rowOf(opcode).groups.some((g) => g === 'data-movement' || g === 'collective');
}

/** Ops whose result XLA's parser builds itself, whatever shape the text declares. */
const built: ReadonlySet<Opcode> = new Set([
  'add-dependency',
  'after-all',
  'infeed',
  'outfeed',
  'recv',
  'recv-done',
  'send',
  'send-done',
] as const);

/** True if the shape that a text declares for this op does not count: XLA does not read it. */
export function followsFromOperands(opcode: Opcode): boolean {
  return built.has(opcode);
}
