/** The outside suites that the reference can be held against, by name. */
import { byName } from '../../graphs/ir/by-name.ts';
import type { ConformanceReport } from './report.ts';

/** Told each file before it is run. */
export type SuiteProgress = (file: string, done: number, total: number) => void;

/** What a suite without inputs of its own is run on, and how large its modules may be. */
export interface SuiteOptions {
  readonly seed?: number;
  readonly maxElements?: number;
  readonly maxWork?: number;
  readonly maxIterations?: number;
}

/** An outside suite that can be run. */
export interface Suite {
  /** What a folder of it holds. */
  readonly description: string;
  /** Runs all tests below a folder; throws an AssayError where it holds none. */
  run(
    directory: string,
    progress: SuiteProgress,
    options: SuiteOptions,
  ): Promise<ConformanceReport>;
  /** True where inputs are generated: the options mean something. */
  readonly generates?: boolean;
}

/** One row a suite; importers are loaded when they are used. */
export const suites: Readonly<Record<string, Suite>> = byName({
  stablehlo: {
    description: '.mlir files with check.expect_* calls',
    async run(directory, progress) {
      const { runStablehloSuite } = await import('./stablehlo/suite.ts');
      return runStablehloSuite(directory, progress);
    },
  },
  onnx: {
    description: 'model.onnx with test_data_set_N beside it',
    async run(directory, progress) {
      const { runOnnxSuite } = await import('./onnx/suite.ts');
      return runOnnxSuite(directory, progress);
    },
  },
  hlo: {
    description: 'HLO text, with recorded results or without',
    generates: true,
    async run(directory, progress, options) {
      const { runHloSuite } = await import('./hlo/suite.ts');
      return runHloSuite(directory, progress, options);
    },
  },
});
