/** The reference against tfjs-backend-cpu on whole models of the corpora, in the same run. */
import { generateCase } from '../../golden/cases.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { corpora, corpus } from '../support/corpora.ts';
import { ms, ratio, row, sideBySide } from './timing.ts';

const models = ['blazeface', 'antispoof', 'emotion', 'liveness', 'facemesh'];

/** Prints the table, or one line where the corpora or tfjs are absent. */
export async function benchModels(): Promise<void> {
  const tfjs = await import('../support/tfjs.ts').catch(() => undefined);
  if (!corpora || !tfjs) {
    const what = tfjs ? 'the corpora are absent' : 'tfjs is not installed';
    process.stdout.write(`models of tfjs-human: skipped, ${what}\n`);
    return;
  }
  row('models of tfjs-human', 'ours', 'tfjs cpu', 'ours / tfjs', 'exact / ours');
  for (const name of models) {
    const model = tfjs.tfjsModelOf(corpus('models', `tfjs-human/${name}.json`));
    const module = tfjs.importOf(model);
    const { inputs } = generateCase(module, 'typical', 1);
    const { execute, dispose } = tfjs.loadTfjs(model, module);
    const lifted = inputs.map(fromPlainValue);
    const [ours, theirs, exact] = sideBySide(
      [() => runReference(module, inputs), () => execute(inputs), () => runExact(module, lifted)],
      2,
    );
    dispose();
    row(`  ${name}`, ms(ours), ms(theirs), ratio(ours, theirs), ratio(exact, ours));
  }
}
