/**
 * The states of a module, in the order in which XLA dumped them, and the pass that each is blamed
 * on. XLA writes a state at the head of every pipeline and after every pass that changed something;
 * a nested pipeline ends as a pass of the outer one. What changes between two pipelines is no pass's
 * work: it is blamed on the gap, and said to be.
 */
import {
  type Contract,
  declaring,
  exact,
  reassociates,
  weaker,
  widens,
} from '../../graphs/ir/contract.ts';
import { contractOfPass } from './contracts.ts';
import { parseDumpFileName, type Stage } from './file-names.ts';
import type { DumpFolder } from './read.ts';

/** One state of a module, before its text is read. */
export interface StateFile {
  readonly file: string;
  readonly stage: Stage;
}

/** The files of one module, from before to after optimisation. */
export interface DumpedModule {
  /** `module_0044.jit_f`, as its files begin. */
  readonly name: string;
  readonly folder: DumpFolder;
  readonly states: readonly StateFile[];
}

/** The modules of a folder, by number. */
export function modulesOf(folder: DumpFolder): DumpedModule[] {
  const modules = new Map<string, StateFile[]>();
  for (const file of textFirst(folder.files)) {
    const parsed = parseDumpFileName(file);
    if (!parsed) continue;
    const { timestamp, id, module, stage } = parsed;
    const parts = [timestamp, `module_${String(id).padStart(4, '0')}`, module];
    const name = parts.filter((p) => p !== '').join('.');
    const states = modules.get(name) ?? [];
    const taken = states.some((s) => JSON.stringify(s.stage) === JSON.stringify(stage));
    if (!taken) modules.set(name, [...states, { file, stage }]);
  }
  return [...modules].map(([name, states]) => ({
    name,
    folder,
    states: states.sort((a, b) => order(a.stage) - order(b.stage)),
  }));
}

/** A state that was dumped in several forms is read as text. */
function textFirst(files: readonly string[]): readonly string[] {
  const isText = (file: string) => /\.txt(?:\.gz)?$/.test(file);
  return [...files.filter(isText), ...files.filter((file) => !isText(file))];
}

function order(stage: Stage): number {
  if (stage.kind === 'between') return stage.step;
  return stage.kind === 'before-optimizations' ? -1 : Infinity;
}

/** Whom a change between two states is blamed on. */
export interface Blame {
  /** The pass as XLA names it, or the gap: `(before simplification)`, `(after optimizations)`. */
  readonly pass: string;
  readonly contract: Contract;
  /** False where the contract table does not know the pass. */
  readonly known: boolean;
  /** What the reader must know to read the blame right; empty if nothing. */
  readonly note: string;
}

/**
 * The blame for a change from one state to a later one.
 *
 * @param between stages of states in between that could not be read
 * @param inner names of the passes inside each pipeline of the module
 */
export function blameFor(
  from: Stage,
  to: Stage,
  inner: ReadonlyMap<string, readonly string[]>,
  between: readonly Stage[] = [],
): Blame {
  const blame = to.kind === 'between' ? blameForStep(to, inner) : gap('(after optimizations)');
  const unseen = [...unread(between), ...missing(from, to, between)];
  const note = [blame.note, ...unseen].filter((n) => n !== '').join('; ');
  return unseen.length === 0 ? { ...blame, note } : { ...blame, ...unseenContract(blame), note };
}

/** Passes that are not seen may have done whatever XLA's passes do by default. */
export const anyDefaultPass = declaring(widens, 'reciprocal', 'algebra');

function unseenContract({ contract }: Blame): Pick<Blame, 'contract'> {
  return { contract: weaker(contract, anyDefaultPass) };
}

function blameForStep(
  { after, pipeline }: Stage & { kind: 'between' },
  inner: ReadonlyMap<string, readonly string[]>,
): Blame {
  if (after === 'pipeline-start') return gap(`(before ${pipeline})`);
  const passes = inner.get(after);
  const direct = contractOfPass(after);
  if (!passes || direct.known) {
    const { contract, known } = direct;
    const note = known ? '' : `${after} is not in the contract table: taken as reassociates`;
    return { pass: after, contract, known, note };
  }
  const contract = passes
    .map((p) => contractOfPass(p).contract)
    .reduce<Contract>(weaker, passes.length ? exact : reassociates);
  return {
    pass: after,
    contract: weaker(contract, reassociates),
    known: true,
    note: `${after} is a pipeline: one of its passes changed this without a dump of its own`,
  };
}

function gap(pass: string): Blame {
  const note = 'no pass is named: the change fell between two pipelines';
  return { pass, contract: anyDefaultPass, known: true, note };
}

function unread(between: readonly Stage[]): string[] {
  if (between.length === 0) return [];
  const passes = between.map((s) => (s.kind === 'between' ? s.after : s.kind));
  return [`states that could not be read lie in between (after ${passes.join(', ')})`];
}

/** Steps that are absent may hide who it was; the few that XLA dumps inside a pass do not count. */
function missing(from: Stage, to: Stage, between: readonly Stage[]): string[] {
  if (to.kind !== 'between' || to.after === 'copy-insertion') return [];
  const first = from.kind === 'between' ? from.step + 1 : 0;
  const absent = to.step - first - between.length;
  return absent > 0 ? [`${absent} steps before it are absent from the folder`] : [];
}

/** The names of the passes that ran inside each pipeline of a module, as far as its files tell. */
export function passesByPipeline(states: readonly StateFile[]): Map<string, readonly string[]> {
  const inner = new Map<string, readonly string[]>();
  for (const { stage } of states) {
    if (stage.kind !== 'between') continue;
    const known = inner.get(stage.pipeline) ?? [];
    const passes = [stage.after, stage.before].filter((p) => !p.startsWith('pipeline-'));
    inner.set(stage.pipeline, [...new Set([...known, ...passes])]);
  }
  return inner;
}
