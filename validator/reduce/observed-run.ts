/** One run of the reference, with the values of the entry's instructions and of what is called. */
import { entryOf, type InstructionId, parametersOf } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { runReference } from '../reference/run.ts';
import type { Specimen } from './specimen.ts';

/** What a run showed. */
export interface ObservedRun {
  /** Of the entry's instructions, parameters among them. */
  readonly values: ReadonlyMap<InstructionId, Value>;
  /** What is called by its name. */
  readonly calls: ReadonlyMap<string, Calls>;
}

/** The runs of one computation. */
export interface Calls {
  readonly count: number;
  /** Arguments of the first run and, where there are several, of the last. */
  readonly runs: readonly (readonly Value[])[];
}

/**
 * Runs a specimen.
 *
 * @throws AssayError where the module does not run on the inputs
 */
export function observedRun({ module, inputs }: Specimen): ObservedRun {
  const entry = entryOf(module);
  const own = new Set(entry.instructions);
  const values = new Map<InstructionId, Value>(
    parametersOf(entry).map(({ id }, k) => [id, inputs[k]!]),
  );
  const calls = new Map<string, Calls>();
  runReference(module, inputs, {
    entered: ({ name }, args) => {
      const { count, runs } = calls.get(name) ?? { count: 0, runs: [] };
      calls.set(name, { count: count + 1, runs: [...runs.slice(0, 1), [...args]] });
    },
    observer: {
      enter: () => {},
      leave: (instruction, _module, _operands, result) => {
        if (own.has(instruction)) values.set(instruction.id, result);
        return result;
      },
    },
  });
  return { values, calls };
}
