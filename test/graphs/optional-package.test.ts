/** A package that is not installed is told with the command that installs it; other faults pass. */
import { expect, it } from 'vitest';
import { optionalPackage } from '../../graphs/ir/optional-package.ts';

const missing = (name: string) =>
  Object.assign(new Error(`Cannot find package '${name}' imported from x.js`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
const load = (error: Error) => () => Promise.reject(error);
const packages = ['@scope/one@1.0.0', 'two@2.0.0'];

it.each(['@scope/one', 'two'])('%s', async (name) => {
  const failure = optionalPackage(load(missing(name)), 'this', packages);
  await expect(failure).rejects.toMatchObject({
    blame: 'toolchain',
    diagnostic: {
      code: 'package/missing',
      message: `this needs ${name}, which is not installed; npm install --save-dev ${packages.join(' ')} installs it`,
    },
  });
});

it.each([missing('three'), new Error("'two' broke")])('%s is not ours to tell', async (error) => {
  await expect(optionalPackage(load(error), 'this', packages)).rejects.toBe(error);
});

it('what is there is given', async () => {
  await expect(optionalPackage(async () => 7, 'this', packages)).resolves.toBe(7);
});
