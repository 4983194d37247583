/**
 * Random elementwise arithmetic, and its value as implementations may compute it: roundings left out
 * (fused multiply-add, excess precision), sums and products in another order.
 */
import { type Random, randomOf } from '../../../golden/kinds/random.ts';
import { ModuleBuilder } from '../../../graphs/build/builder.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';

const operations = {
  add: (x: number, y: number) => x + y,
  subtract: (x: number, y: number) => x - y,
  multiply: (x: number, y: number) => x * y,
  maximum: (x: number, y: number) => Math.max(x, y),
  minimum: (x: number, y: number) => Math.min(x, y),
} as const;

type Operation = keyof typeof operations;

/** Whether arithmetic is drawn over an opcode. */
export function isOperation(opcode: Opcode): opcode is Operation {
  return Object.hasOwn(operations, opcode);
}

interface Node {
  readonly opcode: Operation;
  readonly x: number;
  readonly y: number;
}

/** Values 0 … parameters - 1 are parameters, then come the nodes; the last is the result. */
export interface Arithmetic {
  readonly type: ElementType;
  readonly parameters: number;
  readonly nodes: readonly Node[];
}

/** Arithmetic whose result is one of an operation. */
export function drawArithmetic(seed: number, last: Opcode): Arithmetic {
  const random = randomOf(seed, 'arithmetic');
  const types = ['f32', 'f32', 'bf16', 'f16', 'f64'] as const;
  const parameters = random.integer(2, 5);
  const names = Object.keys(operations) as Operation[];
  const count = random.integer(2, 9);
  const nodes = Array.from({ length: count }, (_, n): Node => {
    const pick = () =>
      Math.max(0, parameters + n - 1 - random.integer(0, Math.min(4, parameters + n)));
    const any = names[random.integer(0, names.length)];
    const opcode = n === count - 1 && isOperation(last) ? last : any;
    return { opcode, x: pick(), y: pick() };
  });
  return { type: types[random.integer(0, types.length)], parameters, nodes };
}

/** The arithmetic on vectors of n elements as a module. */
export function moduleOf({ type, parameters, nodes }: Arithmetic, n: number): Module {
  return new ModuleBuilder('chains').entry((b) => {
    const values: Instruction[] = Array.from({ length: parameters }, (_, k) =>
      b.parameter(`p${k}`, arrayShape(type, [n])),
    );
    for (const { opcode, x, y } of nodes) values.push(b.op(opcode, [values[x], values[y]]));
    return values[values.length - 1];
  });
}

/** One way to compute the result for scalar parameters. */
export function oneWay(of: Arithmetic, given: readonly number[], random: Random): number {
  const round = rounder(of.type);
  const free = random.uniform() < 0.5;
  const maybeRound = (x: number) => (random.uniform() < 0.5 ? round(x) : x);
  const values = [...given];
  of.nodes.forEach(({ opcode, x, y }, n) => {
    const chain = free && familyOf(opcode) ? chainOf(of, values, of.parameters + n) : undefined;
    values.push(
      chain && chain.terms.length > 2
        ? combined(chain, maybeRound, random)
        : maybeRound(operations[opcode](values[x], values[y])),
    );
  });
  return round(values[values.length - 1]);
}

interface Chain {
  readonly family: 'sum' | 'product';
  readonly terms: readonly number[];
}

function familyOf(opcode: Operation): Chain['family'] | undefined {
  if (opcode === 'multiply') return 'product';
  return opcode === 'add' || opcode === 'subtract' ? 'sum' : undefined;
}

/** All that is added up, or multiplied, in a node and in those of its kind under it. */
function chainOf(of: Arithmetic, values: readonly number[], at: number): Chain {
  const family = familyOf(of.nodes[at - of.parameters].opcode) ?? 'sum';
  const terms: number[] = [];
  collect(at, 1, true);
  return { family, terms };

  function collect(k: number, sign: number, isTop: boolean): void {
    const node = of.nodes[k - of.parameters];
    if (!node || familyOf(node.opcode) !== family) {
      terms.push(isTop ? values[k] : sign * values[k]);
      return;
    }
    collect(node.x, sign, false);
    collect(node.y, node.opcode === 'subtract' ? -sign : sign, false);
  }
}

function combined({ family, terms }: Chain, round: (x: number) => number, random: Random): number {
  const left = random.shuffle([...terms]);
  const operate = family === 'sum' ? operations.add : operations.multiply;
  while (left.length > 1) {
    const take = () => left.splice(random.integer(0, left.length), 1)[0];
    left.push(round(operate(take(), take())));
  }
  return left[0];
}
