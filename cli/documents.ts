/**
 * What `--json` prints, by command: one document each, whose types are also the JSON Schemas in
 * schema/ (`npm run schema`). Fields are added, never renamed or taken away.
 */
import type { AutoFound } from '../validator/bisect/auto.ts';
import type { OptimizersFound } from '../validator/bisect/optimizers.ts';
import type { VersionsFound } from '../validator/bisect/versions.ts';
import type { ConformanceReport } from '../validator/conformance/report.ts';
import type { DumpReport } from '../validator/dump/report.ts';
import type { GateRecord } from '../validator/gate/record.ts';
import type { GoldenState, Recorded } from '../validator/goldens/goldens.ts';
import { toJson } from '../validator/report/text.ts';
import type { CheckReport } from '../validator/validation/check.ts';
import type { CompareReport } from '../validator/validation/compare.ts';
import type { DistributionReport } from '../validator/validation/compare-distributions.ts';
import type { ValidateReport } from '../validator/validation/validate-graphs.ts';
import type { FileResult } from './commands/parse.ts';
import type { OutputDocument } from './commands/run.ts';
import type { ToolchainRow } from './commands/toolchain.ts';
import type { ErrorDocument } from './failure.ts';
import type { Io } from './io.ts';
import type { ReduceDocument } from './searches/reduce-out.ts';
import type { Listed, ListName } from './self/lists.ts';

/** The version of the documents: raised where a reader of an older one would go wrong. */
export const schemaVersion = 1;

/** The document of each command, by its name. */
export interface Documents {
  'bisect-auto': AutoFound;
  'bisect-optimizers': OptimizersFound & { readonly toolchain: string };
  'bisect-versions': VersionsFound & { readonly toolchain: string };
  check: CheckReport;
  compare: CompareReport & { readonly distribution?: DistributionReport };
  conformance: ConformanceReport;
  convert: { readonly in: string; readonly out: string; readonly instructions: number };
  dump: DumpReport;
  error: { readonly error: ErrorDocument };
  explain: { readonly term: string; readonly explanation: string };
  gate: GateRecord;
  'golden-list': { readonly goldens: readonly GoldenState[] };
  'golden-record': { readonly folder: string; readonly goldens: readonly Recorded[] };
  list: { readonly list: ListName; readonly items: readonly Listed[] };
  parse: {
    readonly files: readonly FileResult[];
    readonly passed: number;
    readonly failed: number;
  };
  promote: { readonly tests: readonly string[]; readonly files: readonly string[] };
  reduce: ReduceDocument;
  run: { readonly outputs: readonly OutputDocument[] };
  toolchain: { readonly cache: string; readonly toolchains: readonly ToolchainRow[] };
  'toolchain-remove': { readonly cache: string; readonly removed: readonly string[] };
  'toolchain-versions': {
    readonly toolchain: string;
    readonly versions: readonly { readonly version: string; readonly installed: boolean }[];
  };
  validate: ValidateReport;
}

/** Prints a document with its version. */
export function printDocument<K extends keyof Documents>(
  io: Io,
  _name: K,
  document: Documents[K],
): void {
  io.out(`${toJson({ schemaVersion, ...document })}\n`);
}
