/** HLO modules as graphs that can be reduced. */
import { createHash } from 'node:crypto';
import type { Computation, Instruction, Module } from '../../graphs/ir/module.ts';
import { leafTensors } from '../../graphs/ir/tensor.ts';
import { renamedCallees } from '../../graphs/ops/callees.ts';
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
  withoutNames: ({ module, inputs }) => ({ module: withoutNames(module), inputs }),
};

function keyOf({ module, inputs }: Specimen): string {
  const hash = createHash('sha256').update(printModule(module));
  for (const { shape, data } of inputs.flatMap(leafTensors)) {
    hash.update(`${shape.type}[${shape.dims}]`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** The module with numbered names, and without what is only told about it. */
function withoutNames(module: Module): Module {
  const names = new Map(module.computations.map((c, n) => [c.name, `c${n}`]));
  const rename = (name: string) => names.get(name) ?? name;
  const computations = module.computations.map((c): Computation => {
    const instructions = c.instructions.map((i, n): Instruction => {
      const name = i.opcode === 'parameter' ? `p${i.attrs.index}` : `v${n}`;
      return { ...i, name, attrs: renamedCallees(i, rename), extras: {} } as unknown as Instruction;
    });
    return { ...c, name: rename(c.name), instructions, extras: {} };
  });
  const entry = rename(module.entry);
  return { ...module, name: 'redacted', attributes: {}, debugTables: '', computations, entry };
}
