/** Files of a gate on the command line: a cache of fakes, and ONNX models that tell them how to behave. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { model, node, value } from '../onnx-model.ts';
import { temporaryFolder } from '../temporary.ts';
import { behaving, type FakeGraph, fakeToolchain } from '../toolchains.ts';

/** y = x: f32[2], and what a fake does with it. */
export function identityModel(behaviour: FakeGraph): Uint8Array {
  return model(
    {
      node: [node('Identity', ['x'], ['y'], {}, { name: behaving(behaviour) })],
      input: [value('x', [2])],
      output: [value('y', [2])],
    },
    17,
  );
}

/** A folder with a cache that holds these versions, and models by name. */
export function gateFiles(
  models: Readonly<Record<string, FakeGraph>>,
  ...versions: readonly string[]
) {
  const folder = temporaryFolder();
  const cache = join(folder, 'cache');
  for (const version of versions) fakeToolchain(cache, version);
  const files = Object.entries(models).map(([name, behaviour]) => {
    const file = join(folder, `${name}.onnx`);
    writeFileSync(file, identityModel(behaviour));
    return file;
  });
  return { folder, cache, files };
}
