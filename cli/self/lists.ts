/** What there is, for `assay list`: a name and a line each, from the tables that the code itself runs on. */
import { Command } from 'commander';
import { caseKinds } from '../../golden/kinds/kinds.ts';
import { printContract } from '../../graphs/ir/contract.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';
import { passes } from '../../passes/backends.ts';
import { flattenPipeline } from '../../passes/pipeline/pipeline.ts';
import { knownBackends } from '../backends.ts';
import type { Host } from '../command.ts';
import { formats } from '../module-formats.ts';
import { contractWords } from './words.ts';

/** One thing of a list. */
export interface Listed {
  readonly name: string;
  readonly summary: string;
}

/** Every list by its name. */
export const lists = {
  backends: (host: Host) => knownBackends(host).map(({ name, summary }) => ({ name, summary })),
  passes: () =>
    passes.map(({ name, contract, summary }) => {
      return { name, summary: `${summary} (${printContract(contract)})` };
    }),
  pipelines: (host: Host) =>
    knownBackends(host).map(({ name, pipeline }) => {
      const steps = flattenPipeline(pipeline).map(({ pass }) => pass.name);
      return { name, summary: `${steps.length} passes: ${steps.join(', ')}` };
    }),
  contracts: () => named(contractWords),
  kinds: () => Object.entries(caseKinds).map(([name, { summary }]) => ({ name, summary })),
  zoo: () =>
    zoo.map(({ name, summary, dims }) => {
      const sizes = Object.entries(dims).map(([size, n]) => `${size}=${n}`);
      return { name, summary: `${summary} (${sizes.join(', ')})` };
    }),
  flags,
  formats: () => formats.map(({ name, summary }) => ({ name, summary })),
} as const satisfies Record<string, (host: Host) => readonly Listed[] | Promise<readonly Listed[]>>;

/** The name of a list. */
export type ListName = keyof typeof lists;

function named(table: Readonly<Record<string, string>>): readonly Listed[] {
  return Object.entries(table).map(([name, summary]) => ({ name, summary }));
}

/** Every option of every command, with the commands that take it. */
async function flags(host: Host): Promise<readonly Listed[]> {
  const program = new Command();
  for (const { load } of host.commands) (await load())(program, host);
  const found = new Map<string, { readonly help: string; readonly takers: string[] }>();
  const visit = (command: Command, path: string) => {
    for (const { flags: flag, description } of command.options) {
      const row = found.get(flag) ?? { help: description, takers: [] };
      found.set(flag, { ...row, takers: [...row.takers, path] });
    }
    for (const sub of command.commands) visit(sub, `${path} ${sub.name()}`.trim());
  };
  visit(program, '');
  return [...found].map(([name, { help, takers }]) => {
    return { name, summary: `${help} (${takers.join(', ')})` };
  });
}
