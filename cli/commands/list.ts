/** `assay list`: what there is, a line each. */
import { type Command, InvalidArgumentError } from 'commander';
import { didYouMean } from '../../graphs/text/nearest.ts';
import type { Host } from '../command.ts';
import { printDocument } from '../documents.ts';
import { exitCodes } from '../exit-codes.ts';
import { type CommonOptions, withCommon } from '../options.ts';
import { type ListName, lists } from '../self/lists.ts';

/** Registers the command. */
export function addList(program: Command, host: Host): void {
  withCommon(program.command('list'))
    .argument('<what>', Object.keys(lists).join(', '), listName)
    .action(async (what: ListName, options: CommonOptions) => {
      const items = await lists[what](host);
      if (options.json) printDocument(host.io, 'list', { list: what, items });
      else {
        const width = Math.max(...items.map(({ name }) => name.length));
        const rows = items.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}\n`);
        host.io.out(rows.join(''));
      }
      host.finish(exitCodes.ok);
    });
}

function listName(text: string): ListName {
  if (Object.hasOwn(lists, text)) return text as ListName;
  throw new InvalidArgumentError(`There is no such list; ${didYouMean(text, Object.keys(lists))}.`);
}
