/** HLO modules as graphs that can be reduced. */
import { createHash } from 'node:crypto';
import { leafTensors } from '../../graphs/ir/tensor.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { calleesAsEntries, partsOf } from './instructions.ts';
import type { Reducible } from './reducible.ts';
import { resized, sizesIn } from './sizes.ts';
import { slotsOf } from './slots.ts';
import { type Specimen, sizeOf } from './specimen.ts';

/** Parts are the entry's instructions; bodies, branches and fusions may stand for what calls them. */
export const moduleReducible: Reducible<Specimen> = {
  keyOf,
  sizeOf,
  partsOf: (specimen) => {
    const { items, of } = partsOf(specimen);
    return { items, of: (kept) => of(kept as typeof items) };
  },
  simplerWholes: calleesAsEntries,
  sizesIn,
  resized,
  slotsOf,
};

function keyOf({ module, inputs }: Specimen): string {
  const hash = createHash('sha256').update(printModule(module));
  for (const { shape, data } of inputs.flatMap(leafTensors)) {
    hash.update(`${shape.type}[${shape.dims}]`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
