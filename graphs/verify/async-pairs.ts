/** Asynchronous pairs: a start has one user, its done; a done has a start for operand. */

import type { Computation, Instruction, InstructionId, Module } from '../ir/module.ts';
import { instructionsById } from '../ir/module.ts';
import { calledBy } from '../ops/callees.ts';
import type { Opcode } from '../ops/table.ts';
import type { Report } from './report.ts';

/** The one user that an op's result must have. */
const users: { readonly [O in Opcode]?: readonly Opcode[] } = {
  'async-start': ['async-update', 'async-done'],
  'async-update': ['async-update', 'async-done'],
  'all-reduce-start': ['all-reduce-done'],
  'copy-start': ['copy-done'],
  'collective-permute-start': ['collective-permute-done'],
  send: ['send-done', 'tuple'],
  recv: ['recv-done', 'tuple'],
};

/** What the operand of an op must be. */
const producers: { readonly [O in Opcode]?: readonly Opcode[] } = {
  'async-update': ['async-start', 'async-update'],
  'async-done': ['async-start', 'async-update'],
  'all-reduce-done': ['all-reduce-start'],
  'copy-done': ['copy-start'],
  'collective-permute-done': ['collective-permute-start'],
  'send-done': ['send', 'get-tuple-element'],
  'recv-done': ['recv', 'get-tuple-element'],
};

/** Reports every start, update or done of a module that is not in a pair. */
export function verifyAsyncPairs(module: Module, report: Report): void {
  const wrapped = new Set(
    module.computations.flatMap(({ instructions }) =>
      instructions.filter((i) => i.opcode === 'async-start').flatMap(calledBy),
    ),
  );
  for (const computation of module.computations) {
    const paired = computation.instructions.filter((i) => users[i.opcode] ?? producers[i.opcode]);
    if (paired.length > 0) verifyPairs(computation, paired, wrapped.has(computation.name), report);
  }
}

function verifyPairs(
  computation: Computation,
  paired: readonly Instruction[],
  isWrapped: boolean,
  report: Report,
): void {
  const byId = instructionsById(computation);
  const usersOf = new Map<InstructionId, Instruction[]>(paired.map((i) => [i.id, []]));
  for (const i of computation.instructions) {
    for (const id of new Set(i.operands)) usersOf.get(id)?.push(i);
  }
  for (const i of paired) {
    const expected = producers[i.opcode];
    const operand = byId.get(i.operands[0]!);
    if (expected && operand && !expected.includes(operand.opcode)) {
      const message = `operand 0 must be ${expected.join(' or ')}, got ${operand.opcode}`;
      report('async-operand', message, i);
    }
    const bySend = i.opcode === 'send' || i.opcode === 'recv';
    if (bySend && isWrapped && i.id === computation.root) continue;
    verifyUser(i, usersOf.get(i.id)!, report);
  }
}

function verifyUser(i: Instruction, found: readonly Instruction[], report: Report): void {
  const expected = users[i.opcode];
  if (!expected || (found.length === 1 && expected.includes(found[0]!.opcode))) return;
  const got = found.map((u) => u.opcode).join(', ') || 'none';
  report('async-user', `needs exactly one user, ${expected.join(' or ')}, got ${got}`, i);
}
