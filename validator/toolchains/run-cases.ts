/**
 * Cases through child processes: one child runs them in turn, and where it dies in one, a new child
 * goes on with the next. What comes back is one result a case, whatever the library did.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readTensorFile, writeTensorFile } from '../../golden/store/files.ts';
import { isRecord } from '../../golden/store/json.ts';
import { type Event, files, type Request } from './protocol.ts';
import { type Ending, supervise } from './supervise.ts';
import type { CaseResult, Failed, RunLimits, Succeeded, ToolchainCase } from './toolchain.ts';

/** What is run, and within which limits. */
export interface ChildJob {
  /** Name of the driver: a file of child/. */
  readonly driver: string;
  readonly request: Omit<Request, 'cases'>;
  readonly graph: Uint8Array;
  readonly cases: readonly ToolchainCase[];
  readonly limits: RunLimits;
  /** Bytes that are kept of stdout and of stderr. */
  readonly keep: number;
}

/** One result a case in the order of the job; what the children printed, joined. */
export interface RanCases {
  readonly results: readonly CaseResult[];
  readonly stdout: string;
  readonly stderr: string;
  /** What the first child said, which compiled the graph; others compile it again where one died. */
  readonly firstSaid: string;
  readonly optimized?: Uint8Array;
}

type Result = Succeeded | Failed;

/** Runs the cases in a folder of their own, which is gone afterwards. */
export async function runCases(job: ChildJob): Promise<RanCases> {
  removeAbandoned(tmpdir());
  const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  try {
    writeFileSync(files.graph(folder), job.graph);
    job.cases.forEach(({ inputs }, k) => {
      writeTensorFile(files.inputs(folder, k), inputs);
    });
    const { results, endings } = await runAll(job, folder);
    const optimized = files.optimized(folder);
    const said = (stream: 'stdout' | 'stderr') => endings.map((e) => e[stream]).join('');
    return {
      results: job.cases.map((c, k) => ({ case: c.name, ...results.get(k)! })),
      ...{ stdout: said('stdout'), stderr: said('stderr') },
      firstSaid: endings[0]!.stdout + endings[0]!.stderr,
      ...(existsSync(optimized) ? { optimized: readFileSync(optimized) } : {}),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Folders of runs are called after the process that made them. */
const folderPrefix = 'assay-run-';

/** Removes what processes left that were killed and could not clean up themselves. */
export function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid] = /^assay-run-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function runAll(job: ChildJob, folder: string) {
  const results = new Map<number, Result>();
  const endings: Ending[] = [];
  let pending = job.cases.map((_, k) => k);
  do {
    const run = await runChild(job, folder, pending, results);
    endings.push(run.ending);
    const failed = run.refused ?? run.ending.failed;
    if (failed) {
      const victims = run.compiled ? pending.filter((k) => !results.has(k)).slice(0, 1) : pending;
      for (const k of victims) results.set(k, { ...failed, at: run.compiled ? 'run' : 'load' });
    }
    pending = pending.filter((k) => !results.has(k));
  } while (pending.length);
  return { results, endings };
}

interface ChildRun {
  /** Whether it came as far as the cases. */
  readonly compiled: boolean;
  /** Why the library did not compile the graph, in its own words. */
  readonly refused?: Failed;
  readonly ending: Ending;
}

/** Runs one child over some cases; those that it came through are noted in `results`. */
async function runChild(
  job: ChildJob,
  folder: string,
  cases: readonly number[],
  results: Map<number, Result>,
): Promise<ChildRun> {
  const request: Request = { ...job.request, cases };
  writeFileSync(files.request(folder), JSON.stringify(request));
  const notes: { compiled: boolean; refused?: Failed } = { compiled: false };
  const take = (event: Event): 'finished' | 'goes on' => {
    if (event.event === 'done') return 'finished';
    if (event.event === 'ready') notes.compiled = true;
    if (event.event === 'gave') results.set(event.case, outputsOf(folder, event.case));
    if (event.event !== 'refused') return 'goes on';
    const refused = refusal(event.reason.replaceAll(`${folder}${sep}`, ''));
    if (event.case !== null) results.set(event.case, { ...refused, at: 'run' });
    else notes.refused = refused;
    return event.case === null ? 'finished' : 'goes on';
  };
  const ending = await supervise({
    ...{ command: process.execPath, args: [...driverArguments(job.driver), folder] },
    ...{ cwd: folder, limits: job.limits, keep: job.keep },
    onLine: (line) => {
      const event = eventIn(line);
      return event ? take(event) : 'goes on';
    },
  });
  return { ...notes, ending };
}

/** The event of a line; undefined for what a library may have written there. */
function eventIn(line: string): Event | undefined {
  try {
    const event: unknown = JSON.parse(line);
    return isRecord(event) ? (event as unknown as Event) : undefined;
  } catch {
    return undefined;
  }
}

/** A library that says it has no memory left is out of memory, whatever form that takes. */
function refusal(reason: string): Failed {
  const memory = /bad.?alloc|out of memory|failed to allocate memory|allocation failed/i;
  return { outcome: memory.test(reason) ? 'out of memory' : 'error', reason };
}

function outputsOf(folder: string, k: number): Result {
  try {
    return { outcome: 'ok', outputs: readTensorFile(files.outputs(folder, k)).tensors };
  } catch (error) {
    const reason = `its outputs cannot be read: ${(error as Error).message}`;
    return { outcome: 'error', reason };
  }
}

/** How node starts a driver: as it was built, or from its source where this file is source. */
function driverArguments(driver: string): readonly string[] {
  const here = fileURLToPath(import.meta.url);
  const file = fileURLToPath(new URL(`./child/${driver}${extname(here)}`, import.meta.url));
  if (extname(here) !== '.ts') return [file];
  const loader = createRequire(import.meta.url).resolve('tsx');
  return ['--import', pathToFileURL(loader).href, file];
}
