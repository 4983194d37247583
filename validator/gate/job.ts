/** What a gate is given: graphs to load one by one, toolchains to run them, and what it lets pass. */
import type { OnnxOptions } from '../../graphs/importers/onnx/import.ts';
import type { Contract } from '../../graphs/ir/contract.ts';
import type { Module } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { Limits } from '../limits/limits.ts';
import type { Knobs, RunLimits, Toolchain } from '../toolchains/toolchain.ts';
import type { SessionCase } from '../validation/case.ts';
import type { Allowed } from './record.ts';

/** A gate to run. */
export interface GateJob {
  /** Version of Assay, for the record. */
  readonly version: string;
  readonly graphs: readonly GraphSource[];
  /** Without one, the results that the goldens hold are judged. */
  readonly toolchain?: Toolchain;
  readonly baseline?: Toolchain;
  /** Folder that the goldens come from, for the record. */
  readonly goldens?: string;
  /** The dispatcher whose variants are judged, for the record. */
  readonly dispatcher?: string;
  /** Goldens that cannot be used, of no graph that is known. */
  readonly broken?: readonly BrokenGolden[];
  readonly knobs: Pick<Knobs, 'level' | 'disabledOptimizers'>;
  readonly runLimits?: Partial<RunLimits>;
  readonly limits?: Limits;
  /** What the toolchain is free to do. */
  readonly contract: Contract;
  readonly seed: number;
  readonly allowed: Allowed;
  /** The command that shows a graph on a case again. */
  readonly replay: (graph: string, c?: SessionCase) => string;
  /** Hears of what begins. */
  readonly onStep?: (what: string) => void;
}

/** A graph by name, loaded when its turn comes; one that cannot be read throws an AssayError. */
export interface GraphSource {
  readonly graph: string;
  load(): Promise<GateInput>;
}

/** A graph as toolchain and reference take it. */
export interface GateInput {
  readonly module: Module;
  /** The file, where the toolchain reads its format. */
  readonly bytes?: Uint8Array;
  /** How the optimised graph is imported: with the sizes and constants that the graph was given. */
  readonly importOptions?: OnnxOptions;
  /** The model's own names, in order. */
  readonly names: { readonly inputs: readonly string[]; readonly outputs: readonly string[] };
  readonly cases: readonly SessionCase[];
  /** Recorded results, by case. */
  readonly recorded?: ReadonlyMap<string, Value>;
  /** Goldens that cannot be used, and why. */
  readonly broken?: readonly BrokenGolden[];
}

/** A golden that cannot be used. */
export interface BrokenGolden {
  readonly name: string;
  readonly why: string;
}
