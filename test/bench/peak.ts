/** Prints the peak resident memory, in kB, of one run of a model, or of its validation: FILE [BACKEND]. */
import { loadModule } from '../../cli/load-module.ts';
import { defaultCases } from '../../golden/cases.ts';
import { backends } from '../../passes/backends.ts';
import { runReference } from '../../validator/reference/run.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';

const [file, name] = process.argv.slice(2);
const { module } = await loadModule(file!);
const cases = defaultCases(module, 1);
const backend = backends.find((b) => b.name === name);
if (backend) validateGraph({ graph: file!, module, backend, cases: cases.map(sessionCase) });
else for (const { inputs } of cases) runReference(module, inputs);
process.stdout.write(`${process.resourceUsage().maxRSS}\n`);
