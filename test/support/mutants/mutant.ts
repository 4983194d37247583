/** A mutant of a dump by seed and number: drawn, written as a dump, and held against the judge. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Computation, Instruction, Module } from '../../../graphs/ir/module.ts';
import { printModule } from '../../../graphs/text/printer.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import type { DumpReport } from '../../../validator/dump/report.ts';
import { validateDump } from '../../../validator/dump/validate-dump.ts';
import { isFinding } from '../../../validator/verdict/verdict.ts';
import { Draws } from '../pairs/draws.ts';
import { counterpart, withChange } from './edit.ts';
import { differ, type Effect, effectOf } from './effect.ts';
import { type Family, families, type Mutation, mutationsOf } from './mutations.ts';
import type { Program } from './program.ts';

export interface Mutant {
  readonly seed: number;
  readonly index: number;
  readonly program: Program;
  /** Which state has the fault first. */
  readonly state: number;
  readonly computation: string;
  readonly instruction: Instruction;
  readonly mutation: Mutation;
  /** False where no later state has the fault. */
  readonly carried: boolean;
  /** The faulty modules by state. */
  readonly faulty: ReadonlyMap<number, Module>;
}

/** Mutant number `index` of a seed, over some programs. */
export function drawMutant(
  seed: number,
  index: number,
  programs: readonly (() => Program)[],
): Mutant {
  const d = new Draws(seed, 'mutant', index);
  for (;;) {
    const program = d.pick(programs)();
    const state = d.int(1, program.states.length - 1);
    const found = drawPlace(d, program.states[state].module, d.pick(families));
    if (!found) continue;
    const carried = d.chance(0.75);
    const faulty = new Map<number, Module>();
    for (let s = state; s < (carried ? program.states.length : state + 1); s++) {
      const module = mutated(program.states[s].module, found);
      if (module) faulty.set(s, module);
    }
    if (!faulty.has(state)) continue;
    const { c, i, mutation } = found;
    return {
      seed,
      index,
      program,
      state,
      computation: c.name,
      instruction: i,
      mutation,
      carried,
      faulty,
    };
  }
}

interface Place {
  readonly c: Computation;
  readonly i: Instruction;
  readonly mutation: Mutation;
}

/** A mutation of a family somewhere in a module: by opcode first, so that rare ops are met too. */
function drawPlace(d: Draws, module: Module, family: Family): Place | undefined {
  const all = module.computations.flatMap((c) =>
    c.instructions.flatMap((i) =>
      mutationsOf(i, c)
        .filter((m) => m.family === family)
        .map((mutation) => ({ c, i, mutation })),
    ),
  );
  if (all.length === 0) return undefined;
  const opcode = d.pick([...new Set(all.map(({ i }) => i.opcode))]);
  return d.pick(all.filter(({ i }) => i.opcode === opcode));
}

/** A state with the fault; undefined where it has no such instruction or would not verify. */
function mutated(module: Module, { c, i, mutation }: Place): Module | undefined {
  const place = counterpart(module, c.name, i);
  const change = place && mutation.apply(place.i);
  if (!place || !change) return undefined;
  const made = withChange(module, place.c, place.i, change);
  try {
    return verifyModule(made).length === 0 ? made : undefined;
  } catch {
    return undefined;
  }
}

export interface MutantOutcome {
  readonly effect: Effect;
  /** Where the effect is seen. */
  readonly where: string;
  readonly found: boolean;
  /** True where the state that was mutated is blamed, and no step that leaves the results alone. */
  readonly blamed: boolean;
  /** What the judge said, in one line. */
  readonly what: string;
}

/** Writes the mutated dump into an empty folder and validates it, if the fault changes a result. */
export function judgeMutant(mutant: Mutant, folder: string): MutantOutcome {
  const { program, state, faulty } = mutant;
  const { effect, where } = effectOf(program, state, faulty.get(state)!);
  if (effect !== 'real') return { effect, where, found: false, blamed: false, what: '' };
  writeMutant(mutant, folder);
  const report = validateDump(folder);
  const findings = report.findings.filter((f) => isFinding(f.verdict));
  const steps = new Set(findings.filter((f) => f.kind !== 'end-to-end').map((f) => f.step));
  const own = program.step(state);
  const others = [...steps].filter((step) => step !== own);
  const blamed = steps.has(own) && others.every((step) => changes(mutant, step));
  const found = isFinding(report.verdict) || findings.length > 0;
  return { effect, where, found, blamed, what: told(report, own) };
}

/** True where the results change at a step: the fault comes or goes there, or spreads. */
function changes({ program, faulty }: Mutant, step: number): boolean {
  const at = program.states.findIndex((_, s) => program.step(s) === step);
  if (at < 1) return false;
  if (faulty.has(at) !== faulty.has(at - 1)) return true;
  const of = (s: number) => faulty.get(s) ?? program.states[s].module;
  return differ(program, of(at - 1), of(at));
}

function told(report: DumpReport, own: number): string {
  const { verdict, findings, errors, modules } = report;
  const places = findings.map((f) => `${f.pass}@${f.step} %${f.instruction} ${f.verdict}`);
  const t = modules[0]?.transitions.find(({ step }) => step === own);
  const counts = t ? `${t.counts.decided} of ${t.counts.checked} decided` : '';
  const step = t
    ? `${t.pass} (${t.contract}) ${t.verdict}, ${counts}, ${t.contradicted} contradicted`
    : 'own step unchanged';
  const blamed = [...new Set(places)].slice(0, 4).join(', ');
  return [verdict, step, blamed, ...errors.map((e) => e.message)].join('; ');
}

/** The dump with the fault in it. */
export function writeMutant({ program, faulty }: Mutant, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const { path, files } = program.dumped.folder;
  for (const file of files) copyFileSync(join(path, file), join(folder, file));
  for (const [s, module] of faulty) {
    const file = program.states[s].file;
    writeFileSync(join(folder, file.slice(file.lastIndexOf('/') + 1)), printModule(module));
  }
}

/** What was planted, in one line. */
export function described(m: Mutant): string {
  const { program, state, computation, instruction, mutation, carried } = m;
  const where = `%${instruction.name} (${instruction.opcode}) of ${computation}`;
  const file = program.states[state].file;
  const name = file.slice(file.lastIndexOf('/') + 1);
  return `${program.name} ${name}: ${mutation.what} in ${where}, ${carried ? 'carried on' : 'one state'}`;
}
