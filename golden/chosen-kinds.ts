/**
 * The kinds of golden inputs that a module is run on by default: those that every module is, and
 * those that its ops ask for. A mean or a variance asks for values of a large mean and a small spread,
 * which one-pass variances and sums that cancel do not survive.
 */
import {
  computationOf,
  type Instruction,
  instructionsById,
  type Module,
  rootOf,
} from '../graphs/ir/module.ts';
import type { Opcode } from '../graphs/ops/table.ts';
import { type CaseKind, caseKinds, defaultKinds } from './kinds.ts';

/** The default kinds of one module, or of several that run on the same inputs. */
export function kindsFor(...modules: readonly Module[]): readonly CaseKind[] {
  const asked = new Set<CaseKind>(defaultKinds);
  if (modules.some(hasMean)) asked.add('offset');
  return (Object.keys(caseKinds) as CaseKind[]).filter((kind) => asked.has(kind));
}

/** Whether somewhere a sum is divided by a constant, or a batch is normalised. */
export function hasMean(module: Module): boolean {
  return module.computations.some((c) => {
    const byId = instructionsById(c);
    return c.instructions.some(
      (i) => i.opcode === 'batch-norm-training' || isScaledSum(i, byId, module),
    );
  });
}

type ById = ReadonlyMap<number, Instruction>;

function isScaledSum(i: Instruction, byId: ById, module: Module): boolean {
  if (i.opcode !== 'divide' && i.opcode !== 'multiply') return false;
  const sources = i.operands.map((o) => sourceOf(o, byId));
  const hasConstant = sources.some((s) => s.opcode === 'constant');
  return hasConstant && sources.some((s) => s.opcode === 'reduce' && adds(s, module));
}

function adds({ attrs }: Instruction & { readonly opcode: 'reduce' }, module: Module): boolean {
  return rootOf(computationOf(module, attrs.to_apply)).opcode === 'add';
}

const passing: ReadonlySet<Opcode> = new Set<Opcode>([
  ...(['broadcast', 'reshape', 'convert', 'copy', 'bitcast', 'transpose'] as const),
]);

/** What a value is, movement and conversion aside. */
function sourceOf(id: number, byId: ById): Instruction {
  let at = byId.get(id)!;
  while (passing.has(at.opcode)) at = byId.get(at.operands[0]!)!;
  return at;
}
