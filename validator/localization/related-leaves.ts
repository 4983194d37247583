/**
 * Values at the boundary of a region that are functions of others there: a mean that both sides share,
 * and what it is the mean of. A region takes each as it was rounded; two forms that are one function
 * only because of what joins the leaves are told by computing the ones from the others.
 */
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { Region } from './regions.ts';

/** Values looked at between leaves; past it they count as independent. */
const maxBetween = 400;

/** The leaves that depend on other leaves, and all values between them, operands first. */
export function relatedLeaves(region: Region, numbering: Numbering): readonly ValueNumber[] {
  const leaves = leavesOf(region, numbering);
  const lowest = Math.min(...leaves);
  const depends = new Map<ValueNumber, boolean>();
  const between = (n: ValueNumber): boolean => {
    const known = depends.get(n);
    if (known !== undefined) return known;
    if (n <= lowest || depends.size > maxBetween) return false;
    depends.set(n, false);
    const { operands } = numbering.term(n);
    const found = operands.map((o) => between(o) || leaves.has(o)).includes(true);
    depends.set(n, found);
    return found;
  };
  for (const n of leaves) between(n);
  if (depends.size > maxBetween) return [];
  return [...depends].flatMap(([n, found]) => (found ? [n] : [])).sort((a, b) => a - b);
}

/** What either side reads, as numbers of the side before. */
function leavesOf(region: Region, numbering: Numbering): ReadonlySet<ValueNumber> {
  const { beforeCone, afterCone, substitution } = region;
  const leaves = new Set<ValueNumber>();
  for (const cone of [beforeCone, afterCone]) {
    const inside = new Set(cone);
    for (const n of cone) {
      for (const o of numbering.term(n).operands) {
        if (!inside.has(o)) leaves.add(cone === afterCone ? (substitution.get(o) ?? o) : o);
      }
    }
  }
  return leaves;
}
