/** A module of about n instructions in the shape of a deep model, for timing text and passes. */
import { ModuleBuilder } from '../../graphs/build/builder.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';

export function largeModule(instructions: number): Module {
  const m = new ModuleBuilder('large');
  return m.entry((b) => {
    let x = b.parameter('x', arrayShape('f32', [8, 16]));
    const w = b.parameter('w', arrayShape('f32', [16, 16]));
    while (b.instructions.length < instructions) {
      const half = b.broadcast(b.scalar('f32', 0.5), [8, 16]);
      const dims = { lhs_contracting_dims: [1], rhs_contracting_dims: [0] };
      const product = b.op('dot', [x, w], dims);
      x = b.op('tanh', [b.op('multiply', [b.op('add', [product, x]), half])]);
    }
    return x;
  });
}
