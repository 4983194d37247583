/**
 * XLA's cuBLAS custom calls as plain HLO: d_scale·activation(alpha·a_scale·b_scale·A·B + beta·C + bias),
 * computed in f32 for narrow floats and rounded once. Operands are (A, B, [C], [a_scale, b_scale],
 * [bias], [d_scale]) as xla/service/gpu/transforms/gemm_rewriter.cc leaves them: C where beta ≠ 0, the
 * scales for `$f8`, d_scale where the result is an f8. The reference and the exact mode both run it.
 */
import { type ComputationBuilder, ModuleBuilder } from '../../../graphs/build/builder.ts';
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { type ElementType, elementTypes, floatFormat } from '../../../graphs/ir/element-type.ts';
import type { Instruction, InstructionOf, Module } from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { type ArrayShape, arrayShape, type Shape } from '../../../graphs/ir/shape.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import { type Epilogue, type GemmConfig, gemmConfig } from './gemm-config.ts';

/**
 * The module of a gemm call over operands of these shapes. Its result is the tuple of what the call
 * computes; further elements of the call's own tuple are workspace, whose content is undefined.
 */
export function gemmModule(i: InstructionOf<'custom-call'>, operands: readonly Shape[]): Module {
  const config = gemmConfig(i);
  const results = (i.shape.kind === 'tuple' ? i.shape.elements : [i.shape]).map(arrayOf);
  const type = computeType(results[0].type);
  const module = new ModuleBuilder(i.attrs.custom_call_target);
  if (config.damax) {
    module.computation('larger', (b) => {
      const [x, y] = ['x', 'y'].map((name) => b.parameter(name, arrayShape(type, [])));
      return b.op('maximum', [x, y]);
    });
  }
  return module.entry((b) => {
    const given = operands.map((s, k) => b.parameter(`operand${k}`, arrayOf(s)));
    const parts = assigned(i, config, given, results[0].type);
    const body = new Body(b, type, results[0].dims);
    const sum = body.sum(config, parts);
    const active = body.activated(config.epilogue, sum);
    const outputs = [body.rounded(results[0].type, active, parts.dScale)];
    if (config.epilogue.aux) outputs.push(body.converted(results[1].type, sum));
    if (config.damax) outputs.push(body.largest(active));
    return b.op('tuple', outputs);
  });
}

interface Parts {
  readonly a: Instruction;
  readonly b: Instruction;
  readonly c: Instruction | undefined;
  readonly scales: readonly Instruction[];
  readonly bias: Instruction | undefined;
  readonly dScale: Instruction | undefined;
}

function assigned(
  i: InstructionOf<'custom-call'>,
  { beta, epilogue }: GemmConfig,
  operands: readonly Instruction[],
  result: ElementType,
): Parts {
  const isF8 = i.attrs.custom_call_target.endsWith('$f8');
  const rest = operands.slice(2);
  const c = beta === 0 ? undefined : rest.shift();
  const scales = isF8 ? rest.splice(0, 2) : [];
  const bias = epilogue.bias ? rest.shift() : undefined;
  const dScale = isF8 && elementTypes[result].bits === 8 ? rest.shift() : undefined;
  const complete =
    operands.length >= 2 &&
    (beta === 0 || c) &&
    (!isF8 || scales.length === 2) &&
    (!epilogue.bias || bias);
  if (!complete || rest.length > 0) {
    fail('run/bad-custom-call', `${operands.length} operands do not fit its backend_config`);
  }
  return { a: operands[0], b: operands[1], c, scales, bias, dScale };
}

/** Steps on values of the result's size in the type that is computed in. */
class Body {
  private readonly b: ComputationBuilder;
  private readonly type: ElementType;
  private readonly dims: readonly number[];

  constructor(b: ComputationBuilder, type: ElementType, dims: readonly number[]) {
    this.b = b;
    this.type = type;
    this.dims = dims;
  }

  sum({ alpha, beta, dims }: GemmConfig, { a, b, c, scales, bias }: Parts): Instruction {
    const shape = arrayShape(this.type, this.dims);
    let x = this.b.op('dot', [a, b], dims, { shape });
    for (const scale of scales) x = this.two('multiply', x, this.spread(scale));
    if (alpha[0] !== 1 || alpha[1] !== 0) x = this.two('multiply', x, this.filled(...alpha));
    if (c) {
      const wide = this.converted(this.type, c);
      const term = beta === 1 ? wide : this.two('multiply', wide, this.filled(beta));
      x = this.two('add', x, term);
    }
    return bias ? this.two('add', x, this.spread(bias)) : x;
  }

  activated({ activation }: Epilogue, x: Instruction): Instruction {
    if (activation === 'relu') return this.two('maximum', x, this.filled(0));
    if (activation === 'silu') return this.two('multiply', x, this.b.op('logistic', [x]));
    return activation === 'gelu' ? this.gelu(x) : x;
  }

  /** x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2, cuBLASLt's approximation. */
  private gelu(x: Instruction): Instruction {
    const times = (p: Instruction, q: Instruction) => this.two('multiply', p, q);
    const cubed = times(this.filled(0.044715), times(x, times(x, x)));
    const inner = times(this.filled(Math.sqrt(2 / Math.PI)), this.two('add', x, cubed));
    const gate = this.two('add', this.filled(1), this.b.op('tanh', [inner]));
    return times(times(x, this.filled(0.5)), gate);
  }

  /** The result; an f8 is scaled, and saturates. */
  rounded(type: ElementType, x: Instruction, scale: Instruction | undefined): Instruction {
    if (elementTypes[type].bits !== 8 || elementTypes[type].kind !== 'float') {
      return this.converted(type, x);
    }
    const { maxFinite } = floatFormat(type);
    const scaled = scale ? this.two('multiply', x, this.spread(scale)) : x;
    const low = this.filled(-maxFinite);
    return this.converted(type, this.b.op('clamp', [low, scaled, this.filled(maxFinite)]));
  }

  largest(x: Instruction): Instruction {
    const size = this.b.op('abs', [x]);
    const dimensions = this.dims.map((_, d) => d);
    const start = this.b.scalar(this.type, 0);
    return this.b.op('reduce', [size, start], { dimensions, to_apply: 'larger' });
  }

  converted(type: ElementType, x: Instruction): Instruction {
    const { type: from, dims } = arrayOf(x.shape);
    return from === type ? x : this.b.op('convert', [x], {}, { shape: arrayShape(type, dims) });
  }

  private two(opcode: Opcode, x: Instruction, y: Instruction): Instruction {
    return this.b.op(opcode, [x, y]);
  }

  /** A scalar or a vector repeated along the leading dimensions. */
  private spread(x: Instruction): Instruction {
    const { dims } = arrayOf(x.shape);
    const first = this.dims.length - dims.length;
    return this.b.broadcast(
      this.converted(this.type, x),
      this.dims,
      dims.map((_, d) => first + d),
    );
  }

  private filled(re: number, im = 0): Instruction {
    const { kind } = elementTypes[this.type];
    const round = kind === 'complex' || kind === 'float' ? rounder(this.type) : Math.trunc;
    const parts = kind === 'complex' ? [round(re), round(im)] : [round(re)];
    const constant = this.b.constant(tensorOf(this.type, [], parts));
    return this.b.broadcast(constant, this.dims);
  }
}

/** f32 for narrower floats, s32 for narrower integers. */
function computeType(result: ElementType): ElementType {
  const { kind, bits } = elementTypes[result];
  if (kind === 'float') return bits === 64 ? 'f64' : 'f32';
  return kind === 'complex' ? result : 's32';
}

function arrayOf(shape: Shape): ArrayShape {
  if (shape.kind === 'array') return arrayShape(shape.type, shape.dims);
  return fail('run/bad-custom-call', `a gemm takes and gives arrays, not a ${shape.kind}`);
}
