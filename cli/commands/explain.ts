/** `assay explain`: what a word of a report, a contract, a kind or an error code means. */
import type { Command } from 'commander';
import { caseKinds } from '../../golden/kinds/kinds.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import { nearest } from '../../graphs/text/nearest.ts';
import type { Host } from '../command.ts';
import { printDocument } from '../documents.ts';
import { exitCodes } from '../exit-codes.ts';
import { type CommonOptions, withCommon } from '../options.ts';
import {
  codeFamilies,
  contractWords,
  otherWords,
  plainCodes,
  verdictWords,
} from '../self/words.ts';

/** Registers the command. */
export function addExplain(program: Command, host: Host): void {
  withCommon(program.command('explain'))
    .argument('<term...>', 'a verdict, contract, kind, word of a report, or the code of an error')
    .action((words: string[], options: CommonOptions) => {
      const term = words.join(' ');
      const explanation = explained(term);
      if (options.json) printDocument(host.io, 'explain', { term, explanation });
      else host.io.out(`${term}: ${explanation}\n`);
      host.finish(exitCodes.ok);
    });
}

const kindWords = Object.fromEntries(
  Object.entries(caseKinds).map(([name, { summary }]) => [
    name,
    `a kind of generated inputs: ${summary}`,
  ]),
);

/** All terms; a word that is several things has one text for all of them, and the first table wins. */
const terms = new Map(
  [plainCodes, codeFamilies, kindWords, contractWords, verdictWords, otherWords].flatMap((table) =>
    Object.entries<string>(table),
  ),
);

/** The meaning of a term: with or without the argument of a contract, brackets of a code, and case. */
function explained(given: string): string {
  const term = given.replace(/^\[|\]$/g, '').trim();
  const [family = ''] = term.split('/');
  const forms = [term, term.toLowerCase(), term.replace(/\(.*$/, ''), term.replace(/^\+/, '')];
  if (/^±/.test(term)) forms.push('±A/B');
  if (term.includes('/') && Object.hasOwn(codeFamilies, family)) forms.push(family);
  const found = forms.find((form) => terms.has(form));
  if (found !== undefined) return terms.get(found)!;
  if (term.includes('+')) {
    const parts = term.split('+').filter((part) => part !== '');
    return parts.map(explained).join('; ');
  }
  const meant = nearest(term, terms.keys());
  const hint =
    meant === undefined ? 'assay list shows kinds and contracts' : `did you mean ${meant}?`;
  return fail('usage', `nothing is known of "${given}"; ${hint}`);
}
