/**
 * A few mutants of every format (`npm run fuzz` runs as many as one likes): each ends in an error about
 * the input, or in a module that prints, passes through the pipelines and runs within bounds.
 */
import { describe, expect, it } from 'vitest';
import { type DriverName, drivers, faultOf, mutantOf } from '../support/fuzz/drivers.ts';

const counts: { readonly [D in DriverName]: number } = {
  hlo: 5000,
  stablehlo: 3000,
  onnx: 3000,
  tfjs: 1500,
  safetensors: 7500,
};

describe.each(Object.entries(counts) as [DriverName, number][])('%s', (name, count) => {
  it(`withstands ${count} mutants`, () => {
    const driver = drivers[name]();
    const faults: string[] = [];
    for (let n = 0; n < count; n++) {
      const fault = faultOf(mutantOf(driver, name, 1, n));
      if (fault !== undefined) faults.push(`--driver ${name} --seed 1 --from ${n}: ${fault}`);
    }
    expect(faults).toEqual([]);
  });
});
