/**
 * What toolchains gave for the cases of a graph, as values of its module: outputs by the model's own
 * names, or why there are none.
 */
import { outputFrom } from '../../golden/named-values.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, parametersOf, rootOf } from '../../graphs/ir/module.ts';
import { leafShapes, type Shape } from '../../graphs/ir/shape.ts';
import type { Tensor, Value } from '../../graphs/ir/tensor.ts';
import type {
  CaseResult,
  Failed,
  Knobs,
  Toolchain,
  ToolchainCase,
  ToolchainRun,
} from '../toolchains/toolchain.ts';
import type { SessionCase } from '../validation/case.ts';
import type { GateInput, GateJob } from './job.ts';

/** One case: a value of the module, another shape than the graph has, or no output at all. */
export type Result =
  | { readonly value: Value }
  | { readonly misshapen: string }
  | { readonly failed: Failed };

/** What one toolchain gave, case by case. */
export interface Results {
  readonly results: readonly Result[];
  /** As it came, to be read as the result of the optimised graph. */
  readonly raw: readonly CaseResult[];
  readonly optimized?: Uint8Array;
}

/** Runs a graph; asks for the optimised graph where it can be had. */
export async function runToolchain(
  toolchain: Toolchain,
  input: GateInput,
  job: GateJob,
): Promise<Results> {
  const barred = untaken(toolchain, input);
  if (barred !== undefined) return unavailable(input.cases, barred);
  const cases = input.cases.map((c) => toolchainCase(c, input.names.inputs));
  const knobs: Knobs = { ...job.knobs, saveOptimized: toolchain.capabilities.savesOptimized };
  const run = await withoutSaving(toolchain, input.bytes!, cases, knobs, job);
  const results = run.results.map((r) => resultOf(r, input.module, input.names.outputs));
  return { results, raw: run.results, ...(run.optimized && { optimized: run.optimized }) };
}

/** A graph that loads only where nothing is to be saved is no failure of the compiler. */
async function withoutSaving(
  toolchain: Toolchain,
  bytes: Uint8Array,
  cases: readonly ToolchainCase[],
  knobs: Knobs,
  { runLimits }: GateJob,
): Promise<ToolchainRun> {
  const run = await toolchain.run(bytes, cases, knobs, runLimits);
  const isRefused = run.results.some((r) => r.outcome !== 'ok' && r.at === 'load');
  if (!knobs.saveOptimized || !isRefused) return run;
  return toolchain.run(bytes, cases, { ...knobs, saveOptimized: false }, runLimits);
}

/** Recorded results, as if a toolchain had given them. */
export function recordedResults({ cases, recorded }: GateInput): Results {
  const results = cases.map((c): Result => ({ value: recorded!.get(c.name)! }));
  return { results, raw: [] };
}

function unavailable(cases: readonly SessionCase[], reason: string): Results {
  const failed: Failed = { outcome: 'unavailable', reason };
  return {
    results: cases.map(() => ({ failed })),
    raw: cases.map((c) => ({ case: c.name, ...failed })),
  };
}

/** Why a toolchain cannot be given this graph; undefined where it can. */
function untaken({ spec, capabilities }: Toolchain, input: GateInput): string | undefined {
  const { module, bytes } = input;
  if (!bytes) return `${spec} reads ${capabilities.formats.join(', ')} files only`;
  const entry = entryOf(module);
  const shapes = [...parametersOf(entry), rootOf(entry)].flatMap((i) => leafShapes(i.shape));
  const type = shapes.map(typeOf).find((t) => t !== undefined && !isTaken(t, capabilities.types));
  return type && `${spec} is handed no ${type}`;
}

function isTaken(type: string, types: readonly string[]): boolean {
  return types.includes(type);
}

function typeOf(shape: Shape): string | undefined {
  return shape.kind === 'array' ? shape.type : undefined;
}

function toolchainCase({ name, inputs }: SessionCase, names: readonly string[]): ToolchainCase {
  const given = inputs.map((value, k) => [names[k]!, value as Tensor] as const);
  return { name, inputs: new Map(given) };
}

/** A result as a value of a module whose outputs are called so. */
export function resultOf(r: CaseResult, module: Module, outputs: readonly string[]): Result {
  if (r.outcome !== 'ok') {
    const { outcome, reason, at } = r;
    return { failed: { outcome, reason, ...(at && { at }) } };
  }
  try {
    return { value: outputFrom(module, new Map(r.outputs), r.case, outputs) };
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    return { misshapen: misshapenText(r.outputs, module, outputs) ?? error.message };
  }
}

/** `output y is f32[0,6,3]; the graph gives f32[0,0,3]`, of the first that does not fit. */
function misshapenText(
  found: ReadonlyMap<string, Tensor>,
  module: Module,
  names: readonly string[],
): string | undefined {
  const wanted = leafShapes(rootOf(entryOf(module)).shape);
  for (const [n, shape] of wanted.entries()) {
    const name = names[n] ?? `out${n}`;
    const got = found.get(name);
    if (!got || shape.kind !== 'array') continue;
    const [have, want] = [got.shape, shape].map((s) => `${s.type}[${s.dims}]`);
    if (have !== want) return `output ${name} is ${have}; the graph gives ${want}`;
  }
  return undefined;
}
