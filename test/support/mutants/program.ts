/** A dumped program as the mutants need it: states read once, reference results kept by state and case. */

import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import type { Module } from '../../../graphs/ir/module.ts';
import { leafTensors, type Tensor } from '../../../graphs/ir/tensor.ts';
import { casesFor, defaultDumpKinds } from '../../../validator/dump/cases.ts';
import type { Stage } from '../../../validator/dump/file-names.ts';
import { readFolders, readRecorded } from '../../../validator/dump/read.ts';
import { readStates, type State } from '../../../validator/dump/read-module.ts';
import { type DumpedModule, modulesOf } from '../../../validator/dump/states.ts';
import { runReference } from '../../../validator/reference/run.ts';
import type { Rounding } from '../../../validator/reference/scalars/rounding-policy.ts';
import type { SessionCase } from '../../../validator/validation/case.ts';

/** Results of one case; undefined where the reference refuses the module or the inputs. */
export type Outputs = readonly Tensor[] | undefined;

export class Program {
  readonly name: string;
  readonly dumped: DumpedModule;
  readonly states: readonly State[];
  readonly cases: readonly SessionCase[];
  readonly recorded: Tensor[] | undefined;
  private readonly results = new Map<string, readonly Outputs[]>();

  constructor(name: string, folder: string) {
    this.name = name;
    this.dumped = modulesOf(readFolders(folder)[0])[0];
    this.states = readStates(this.dumped).states;
    this.recorded = readRecorded(this.dumped.folder, 'inputs');
    const request = { kinds: defaultDumpKinds, seed: 1, recorded: this.recorded };
    this.cases = casesFor(this.states[0].module, request);
  }

  /** What the reference makes of a state, case by case. */
  outputs(state: number, rounding: Rounding = 'nearest'): readonly Outputs[] {
    const key = `${state} ${JSON.stringify(rounding)}`;
    let found = this.results.get(key);
    if (!found) {
      found = this.run(this.states[state].module, rounding);
      this.results.set(key, found);
    }
    return found;
  }

  run(module: Module, rounding: Rounding = 'nearest'): readonly Outputs[] {
    return this.cases.map(({ inputs }) => {
      try {
        return leafTensors(runReference(module, inputs, { rounding }));
      } catch (error) {
        if (error instanceof AssayError) return undefined;
        throw error;
      }
    });
  }

  /** The running number of a state's dump, as findings name it. */
  step(state: number): number {
    return stepOf(this.states[state].stage, this.dumped);
  }
}

function stepOf(stage: Stage, { states }: DumpedModule): number {
  if (stage.kind === 'between') return stage.step;
  if (stage.kind === 'before-optimizations') return -1;
  return 1 + Math.max(-1, ...states.map((s) => (s.stage.kind === 'between' ? s.stage.step : -1)));
}
