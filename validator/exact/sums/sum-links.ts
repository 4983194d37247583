/**
 * Which instructions are part of one sum: ops that add (their results go into another sum, or they
 * read one) and what lies between them. Products of products are chains of their own.
 */

import { hasDynamicSizes } from '../../../graphs/ir/dynamic-sizes.ts';
import type { Computation, Module } from '../../../graphs/ir/module.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import { reductionKindOf } from '../folds/reduction-kind.ts';
import { follow } from '../products/product-moments.ts';
import { demandsOf, linksIn, moduleDemands, type Surroundings, whole } from './sum-demands.ts';
import { type ChainLink, type ChainRole, hasProducts, rolesOf } from './sum-roles.ts';

/** The links that stand in a chain of at least two ops, by key. */
export type ChainLinks = ReadonlyMap<number, ChainRole>;

/** Finds them among instructions in order. */
export function chainLinks(links: Iterable<ChainLink>, around?: Surroundings): ChainLinks {
  const list = [...links];
  const found = productChains(list);
  const roles = rolesOf(list);
  const sums = list.filter((link) => roles.get(link.key)?.role === 'add');
  if (sums.length === 0 || (sums.length === 1 && !around && !list.some(isLoop))) return found;
  const reading = readersOf(list, roles, around !== undefined);
  const demanded = demandsOf(list, roles, around);
  for (const [key, role] of roles) {
    const isRead = demanded.get(key)?.has(whole) ?? false;
    const reads = role.carried.some((o) => reading.has(role.link.operands[o]!));
    if (role.role === 'add' ? !isRead && !reads : !isRead || !reads) continue;
    found.set(key, role);
    if (isRead && hasProducts(role.link.opcode)) follow(role.link.instruction);
  }
  return found;
}

function isLoop({ opcode }: ChainLink): boolean {
  return opcode === 'while';
}

const known = new WeakMap<Module, Map<string, ChainLinks>>();

/** The chains of a computation of a module, found once. */
export function linksOf(computation: Computation, module: Module): ChainLinks {
  let all = known.get(module);
  if (!all) {
    all = new Map();
    known.set(module, all);
  }
  let links = all.get(computation.name);
  if (!links) {
    const { name, root } = computation;
    const demands = name === module.entry ? undefined : moduleDemands(module).get(name);
    links = chainLinks(linksIn(computation, module), demands && { root, demands });
    all.set(name, links);
  }
  return links;
}

/** An op whose result is the product of elements of its two operands. */
function multiplies({ opcode, operands, instruction, module }: ChainLink): boolean {
  if (opcode === 'multiply') return true;
  if (instruction.opcode !== 'reduce' || operands.length !== 2 || hasDynamicSizes(module))
    return false;
  return reductionKindOf(module, instruction.attrs.to_apply)?.opcode === 'multiply';
}

/** Products that read one another. */
function productChains(links: readonly ChainLink[]): Map<number, ChainRole> {
  const candidates = new Map<number, ChainLink>();
  const found = new Map<number, ChainRole>();
  for (const link of links) {
    if (!multiplies(link)) continue;
    candidates.set(link.key, link);
    for (const o of link.operands) {
      const below = candidates.get(o);
      if (!below) continue;
      for (const of of [below, link]) {
        found.set(of.key, { role: 'product', link: of, carried: [0, 1] });
      }
    }
  }
  return found;
}

/** Values that may hold part of a sum: what an op adds, and what hands it on. */
function readersOf(
  links: readonly ChainLink[],
  roles: ReadonlyMap<number, ChainRole>,
  isCalled: boolean,
): ReadonlySet<number> {
  const reading = new Set<number>();
  for (const { key, opcode, operands } of links) {
    const role = roles.get(key);
    const carried = role
      ? role.carried.map((o) => operands[o]!)
      : handing.has(opcode)
        ? operands
        : [];
    const holds =
      role?.role === 'add' ||
      calling.has(opcode) ||
      (opcode === 'parameter' && isCalled) ||
      carried.some((o) => reading.has(o));
    if (holds) reading.add(key);
  }
  return reading;
}

const handing: ReadonlySet<Opcode> = new Set(['tuple', 'get-tuple-element', 'opt-barrier']);
const calling: ReadonlySet<Opcode> = new Set(['while', 'call', 'fusion', 'conditional']);
