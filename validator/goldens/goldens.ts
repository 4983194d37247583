/**
 * Goldens of graphs: inputs of a case with what the reference gives on them, recorded in a folder
 * (golden/store) so that later runs, of another toolchain or another Assay, are held against the same
 * numbers. Recording is idempotent: what is there and still true is kept, so that an interrupted run
 * is ended by running it again.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { GoldenCase } from '../../golden/cases.ts';
import {
  type GoldenStatus,
  listGoldens,
  type Origin,
  readGolden,
  recordGolden,
  verifyGolden,
} from '../../golden/store/store.ts';
import { AssayError, fail } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { printModule } from '../../graphs/text/printer.ts';
import type { Limits } from '../limits/limits.ts';
import { runReference } from '../reference/run.ts';

/** A graph whose goldens are recorded. */
export interface GoldenGraph {
  /** As the user names it: a zoo model, or a file. */
  readonly graph: string;
  readonly module: Module;
  readonly cases: readonly GoldenCase[];
}

/** What is recorded where. */
export interface RecordJob {
  readonly folder: string;
  readonly graphs: readonly GoldenGraph[];
  /** Version of Assay, whose reference computes the results. */
  readonly version: string;
  /** Records again what is there already. */
  readonly force?: boolean;
  readonly limits?: Limits;
  /** Hears of each golden before it is made. */
  readonly onGolden?: (name: string) => void;
}

/** What became of one golden. */
export interface Recorded {
  readonly name: string;
  readonly graph: string;
  readonly state: 'recorded' | 'kept';
}

/** What makes goldens of a graph stale when it changes. */
export function originOf(module: Module, version: string): Origin {
  const graphHash = createHash('sha256').update(printModule(module)).digest('hex');
  return { graphHash, referenceVersion: version };
}

/**
 * Records a golden for each graph and case.
 *
 * @throws AssayError `golden/name` where two graphs would share files, and what running one throws
 */
export function recordGoldens({ folder, graphs, version, ...how }: RecordJob): Recorded[] {
  const { force = false, limits, onGolden } = how;
  distinctNames(graphs);
  return graphs.flatMap(({ graph, module, cases }) => {
    const origin = originOf(module, version);
    return cases.map(({ name: caseName, kind, seed, inputs }): Recorded => {
      const name = goldenName(graph, caseName);
      onGolden?.(name);
      if (!force && verifyGolden(folder, name, origin).state === 'good') {
        return { name, graph, state: 'kept' };
      }
      const results = [runReference(module, inputs, { ...(limits && { limits }) })];
      recordGolden(folder, name, { ...origin, graph, kind, seed, inputs, results });
      return { name, graph, state: 'recorded' };
    });
  });
}

/** The state of one golden of a folder, with what it is of where that can be read. */
export interface GoldenState {
  readonly name: string;
  readonly graph?: string;
  readonly kind?: string;
  readonly seed?: number;
  /** `whole`: its files are as recorded, and its graph was not given to hold it against. */
  readonly state: GoldenStatus['state'] | 'whole';
  /** What is wrong, and what to do about it. */
  readonly why?: string;
}

/**
 * The state of every golden of a folder; `originFor` gives the origin of the graphs that are known by
 * name.
 */
export function goldenStates(
  folder: string,
  originFor: (graph: string) => Origin | undefined,
): readonly GoldenState[] {
  return listGoldens(folder).map((name): GoldenState => {
    try {
      const { graph, kind, seed } = readGolden(folder, name).manifest;
      const of = { name, graph, kind, seed };
      const origin = originFor(graph);
      if (!origin) return { ...of, state: 'whole' };
      const status = verifyGolden(folder, name, origin);
      if (status.state === 'good') return { ...of, state: 'good' };
      return { ...of, state: status.state, why: status.diagnostic.message };
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      return { name, state: 'damaged', why: error.message };
    }
  });
}

/** The name of a golden's files: the graph's name without its folder and ending, and the case. */
export function goldenName(graph: string, caseName: string): string {
  return `${stem(graph)}.${caseName}`;
}

/** What goldens of a graph are called by: its name without folder and ending. */
export function stem(graph: string): string {
  return basename(graph)
    .replace(/(?<=.)\.(hlo|mlir|onnx|json)$/i, '')
    .replace(/[^\w.-]/g, '_');
}

function distinctNames(graphs: readonly GoldenGraph[]): void {
  const byStem = new Map<string, string>();
  for (const { graph } of graphs) {
    const other = byStem.get(stem(graph));
    if (other !== undefined) {
      const remedy = 'record them into folders of their own';
      fail(
        'golden/name',
        `${other} and ${graph} would share the goldens ${stem(graph)}: ${remedy}`,
      );
    }
    byStem.set(stem(graph), graph);
  }
}
