/** Two modules given as text, compared on generated cases. */
import { generateCase } from '../../golden/cases.ts';
import type { CaseKind } from '../../golden/kinds/kinds.ts';
import type { Contract } from '../../graphs/ir/contract.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { type CompareReport, compareModules } from '../../validator/validation/compare.ts';

/** The report on one case of each kind. */
export function compared(
  before: string,
  after: string,
  contract: Contract,
  kinds: readonly CaseKind[],
): CompareReport {
  const [b, a] = [before, after].map((text) => parseModule(text));
  return compareModules({
    ...{ beforeName: 'before', afterName: 'after', before: b!, after: a!, contract },
    cases: kinds.map((kind) => sessionCase(generateCase(b!, kind, 1))),
  });
}
