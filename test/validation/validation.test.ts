/** The main job as unit tests: every model of the zoo on every backend, every pass on every case. */
import { defaultCases } from '../../golden/cases.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';
import { backends } from '../../passes/backends.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { describeValidation } from '../../validator/vitest/index.ts';

describeValidation({
  graphs: zoo.map((model) => ({ name: model.name, module: model.build() })),
  backends,
  cases: (module) => defaultCases(module, 1).map(sessionCase),
});
