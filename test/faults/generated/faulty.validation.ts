/** The unit tests that validation registers for faulty backends; run by test/validation/faults.test.ts. */
import { generateCase } from '../../../golden/cases.ts';
import { zooModel } from '../../../graphs/zoo/zoo.ts';
import { backendNamed } from '../../../passes/backends.ts';
import { sessionCase } from '../../../validator/validation/case.ts';
import { describeValidation } from '../../../validator/vitest/index.ts';
import { faults, withFault } from '../faults.ts';

for (const fault of faults) {
  const healthy = backendNamed(fault.backend)!;
  describeValidation({
    graphs: [{ name: `fault ${fault.id}: ${fault.graph}`, module: zooModel(fault.graph).build() }],
    backends: [withFault(healthy, fault)],
    cases: (module) => [sessionCase(generateCase(module, 'typical', 1))],
  });
}
