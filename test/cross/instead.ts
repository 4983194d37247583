/**
 * What XLA computes in place of an op where it is known to compute something else: as modules, inside
 * whose budgets its result must then lie.
 */
import type { ComputationBuilder } from '../../graphs/build/builder.ts';
import { ModuleBuilder } from '../../graphs/build/builder.ts';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import {
  computationOf,
  entryOf,
  type Instruction,
  type Module,
  parametersOf,
  rootOf,
} from '../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape, elementCount } from '../../graphs/ir/shape.ts';
import type { Opcode } from '../../graphs/ops/table.ts';

/** The module that stands for what XLA made of an instance; undefined where it is as written. */
export type Instead = (instance: Module) => Module | undefined;

/** The variance as E[x²] - E[x]² (xla/service/batchnorm_expander.cc). */
export const onePassVariance: Instead = (instance) => {
  const root = rootOf(entryOf(instance));
  if (root.opcode !== 'batch-norm-training') return undefined;
  const { epsilon, feature_index: feature } = root.attrs;
  return rebuilt(instance, 'add', (b, [x, scale, offset]) => {
    const n = elementCount(shapeOf(x)) / shapeOf(scale).dims[0];
    const others = shapeOf(x).dims.flatMap((_, d) => (d === feature ? [] : [d]));
    const zero = b.scalar(shapeOf(x).type, 0);
    const mean = (v: Instruction) => {
      const sum = b.op('reduce', [v, zero], { dimensions: others, to_apply: 'combine' });
      return b.op('divide', [sum, filled(b, shapeOf(scale), n)]);
    };
    const average = mean(x);
    const squares = mean(b.op('multiply', [x, x]));
    const variance = b.op('subtract', [squares, b.op('multiply', [average, average])]);
    const inverse = inverseDeviation(b, variance, epsilon);
    const along = (v: Instruction) => spread(b, v, shapeOf(x), feature);
    const centred = b.op('subtract', [x, along(average)]);
    const scaled = b.op('multiply', [b.op('multiply', [centred, along(inverse)]), along(scale)]);
    return b.op('tuple', [b.op('add', [scaled, along(offset)]), average, variance]);
  });
};

/** x·s + (offset - mean·s), s = scale/√(variance + ε) (xla/service/batchnorm_expander.cc). */
export const distributedInference: Instead = (instance) => {
  const root = rootOf(entryOf(instance));
  if (root.opcode !== 'batch-norm-inference') return undefined;
  const { epsilon, feature_index: feature } = root.attrs;
  return rebuilt(instance, 'add', (b, [x, scale, offset, mean, variance]) => {
    const s = b.op('multiply', [scale, inverseDeviation(b, variance, epsilon)]);
    const shift = b.op('subtract', [offset, b.op('multiply', [mean, s])]);
    const along = (v: Instruction) => spread(b, v, shapeOf(x), feature);
    return b.op('add', [b.op('multiply', [x, along(s)]), along(shift)]);
  });
};

/** Windows swept along their last padded dimension in the outermost loop: ties fall otherwise. */
export const lastPaddedFirst: Instead = (instance) => {
  const root = rootOf(entryOf(instance));
  if (root.opcode !== 'select-and-scatter') return undefined;
  const { window, select, scatter } = root.attrs;
  const padded = window.findLastIndex(
    ({ size, padLow, padHigh }) => size > 1 && (padLow !== 0 || padHigh !== 0),
  );
  if (padded < 1) return undefined;
  const order = [padded, ...window.map((_, d) => d).filter((d) => d !== padded)];
  const chooser = rootOf(computationOf(instance, select));
  if (chooser.opcode !== 'compare') return undefined;
  const combiner = rootOf(computationOf(instance, scatter)).opcode;
  const choose = (module: ModuleBuilder, type: ElementType) =>
    module.computation('choose', (b) => {
      const [x, y] = ['x', 'y'].map((name) => b.parameter(name, arrayShape(type, [])));
      return b.op('compare', [x, y], { direction: chooser.attrs.direction });
    });
  const body: Body = (b, [operand, source, init]) => {
    const turned = [operand, source].map((v) => b.op('transpose', [v], { dimensions: order }));
    const done = b.op('select-and-scatter', [...turned, init], {
      window: order.map((d) => window[d]),
      select: 'choose',
      scatter: 'combine',
    });
    return b.op('transpose', [done], { dimensions: order.map((_, d) => order.indexOf(d)) });
  };
  return rebuilt(instance, combiner, body, choose);
};

/** Of several updates at the one place that empty indices name, only the last. */
export const lastUpdateOnly: Instead = (instance) => {
  const root = rootOf(entryOf(instance));
  if (root.opcode !== 'scatter' || root.attrs.scatter_dims_to_operand_dims.length > 0) {
    return undefined;
  }
  if (root.attrs.input_batching_dims.length > 0) return undefined;
  const windows = new Set(root.attrs.update_window_dims);
  const combiner = rootOf(computationOf(instance, root.attrs.to_apply));
  return rebuilt(instance, combiner.opcode, (b, [operand, indices, updates]) => {
    const last = shapeOf(updates).dims.map((limit, d) =>
      windows.has(d) ? { start: 0, limit, stride: 1 } : { start: limit - 1, limit, stride: 1 },
    );
    const first = shapeOf(indices).dims.map((n) => ({
      start: 0,
      limit: Math.min(n, 1),
      stride: 1,
    }));
    const few = [
      b.op('slice', [indices], { slice: first }),
      b.op('slice', [updates], { slice: last }),
    ];
    return b.op('scatter', [operand, ...few], { ...root.attrs, to_apply: 'combine' });
  });
};

type Body = (b: ComputationBuilder, parameters: readonly Instruction[]) => Instruction;

/** A module over the parameters of the instance, with a computation `combine` that is one op. */
function rebuilt(
  instance: Module,
  opcode: Opcode,
  body: Body,
  more?: (module: ModuleBuilder, type: ElementType) => void,
): Module {
  const shapes = parametersOf(entryOf(instance)).map((p) => p.shape as ArrayShape);
  const module = new ModuleBuilder('instead');
  module.computation('combine', (b) => {
    const [x, y] = ['x', 'y'].map((name) => b.parameter(name, arrayShape(shapes[0].type, [])));
    return b.op(opcode, [x, y]);
  });
  more?.(module, shapes[0].type);
  return module.entry((b) =>
    body(
      b,
      shapes.map((s, k) => b.parameter(`p${k}`, s)),
    ),
  );
}

const shapeOf = (i: Instruction) => i.shape as ArrayShape;

function filled(b: ComputationBuilder, like: ArrayShape, value: number): Instruction {
  return b.broadcast(b.scalar(like.type, value), like.dims);
}

function spread(b: ComputationBuilder, v: Instruction, like: ArrayShape, feature: number) {
  const attrs = { dimensions: [feature] };
  return b.op('broadcast', [v], attrs, { shape: arrayShape(like.type, like.dims) });
}

function inverseDeviation(b: ComputationBuilder, variance: Instruction, epsilon: number) {
  const guarded = b.op('add', [variance, filled(b, shapeOf(variance), Math.fround(epsilon))]);
  return b.op('rsqrt', [guarded]);
}
