/**
 * How the ops of StableHLO's test dialects are lowered: a check asks for the values that it
 * compares as further outputs and leaves a note of how; nothing is compared while importing.
 */

import type {
  LoweringRows,
  OpContext,
} from '../../../graphs/importers/stablehlo/lower/op-context.ts';
import type { Attr } from '../../../graphs/importers/stablehlo/parse/ast.ts';
import { runProcesses } from '../../../graphs/importers/stablehlo/processes/processes.ts';
import { elementTypes, isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import type { Criterion } from './check.ts';

/** A check with the numbers of the outputs that it compares. */
export interface Check {
  readonly actual: number;
  readonly expected: number;
  readonly criterion: Criterion;
  readonly line: number;
}

/** Rows that collect the checks of one program. */
export function checkRows(checks: Check[]): LoweringRows {
  const probes = new Map<string, Instruction>();
  const add = (o: OpContext, actual: Instruction, expected: Instruction, criterion: Criterion) => {
    const { scope, op } = o;
    const [a, b] = [actual, expected].map((x) => scope.program.observe(x, scope, op.position));
    checks.push({ actual: a!, expected: b!, criterion, line: op.position.line });
    return [];
  };
  const pair = (criterion: (o: OpContext) => Criterion) => (o: OpContext) =>
    add(o, o.x(0), o.x(1), criterion(o));
  const constant = (criterion: (o: OpContext) => Criterion) => (o: OpContext) =>
    add(o, o.x(0), written(o), criterion(o));
  return {
    'check.expect_eq': pair(equal),
    'check.expect_eq_const': constant(equal),
    'check.expect_almost_eq': pair(near),
    'check.expect_almost_eq_const': constant(near),
    'check.expect_close': pair(close),
    'check.eq': (o) => {
      add(o, o.x(0), o.x(1), equalOrNear(o));
      const { dims, type } = { dims: [], type: 'pred' as const };
      const literal = {
        kind: 'tensor',
        shape: { kind: 'array', type, dims },
        data: Uint8Array.of(1),
      };
      return o.literal(literal as never);
    },
    'check.expect_serialized_eq': (o) => {
      const probe = probes.get(o.word(['probe_id']));
      const again = o.int(['iter', 'iteration'], 0) > 0;
      if (!probe || again) return o.fail('unsupported-probe', 'probes inside regions are not kept');
      return add(o, o.x(0), probe, { kind: 'equal' });
    },
    'interpreter.probe': (o) => {
      if (o.scope.isEntry) probes.set(o.word(['probe_id']), o.x());
      return o.x();
    },
    'interpreter.run_parallel': runParallel,
  };
}

const equal = (): Criterion => ({ kind: 'equal' });

/** 1e-3 as a custom call, else what the op says or 1e-4. */
function near(o: OpContext): Criterion {
  if (o.op.name === 'stablehlo.custom_call') return { kind: 'near', tolerance: 1e-3 };
  const given = o.attr('tolerance');
  return { kind: 'near', tolerance: given ? o.float(['tolerance']) : 1e-4 };
}

/** Exact for integers, else 1e-4. */
function equalOrNear(o: OpContext): Criterion {
  const { type } = o.shape();
  const inexact = isFloat(type) || elementTypes[type].kind === 'complex';
  return inexact ? { kind: 'near', tolerance: 1e-4 } : { kind: 'equal' };
}

function close(o: OpContext): Criterion {
  const ulps = (name: string, fallback: bigint) => {
    const found: Attr | undefined = o.attr(name);
    return found?.kind === 'int' ? found.value : fallback;
  };
  const [least, most] = [ulps('min_ulp_difference', 0n), ulps('max_ulp_difference', 3n)];
  return { kind: 'close', least, most };
}

/** The constant that a check holds its operand against. */
function written(o: OpContext): Instruction {
  const value = o.words()[0] ?? o.attr('value');
  if (value?.kind === 'dense') return o.constant(value);
  return o.fail('attribute', 'a constant is missing');
}

/** `programs = [[@f, @g], [@h, @i]]`: functions by replica and partition. */
function runParallel(o: OpContext): readonly Instruction[] {
  const programs = items(o.attr('programs')).map((row) => items(row).map(symbol));
  return runProcesses(o, programs, items(o.attr('infeed')).map(symbol));
}

function items(attr: Attr | undefined): readonly Attr[] {
  return attr?.kind === 'array' ? attr.items : [];
}

function symbol(attr: Attr): string {
  return attr.kind === 'symbol' ? attr.value : '';
}
