/** Random instances of the elementwise ops; the types that an op takes are those its row lets pass. */
import { ModuleBuilder } from '../../../graphs/build/builder.ts';
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import { type ElementType, isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { elementwise as rows } from '../../../graphs/ops/elementwise.ts';
import { crossTypes, type Gen, type Generate, isWideFloat } from '../gen.ts';

type Elementwise = keyof typeof rows;

/** Ops whose attributes or mixed operands need a generator of their own. */
const special = {
  compare: (g) => {
    const type = g.type();
    const dims = elementDims(g);
    const total = isFloat(type) && g.chance(0.3);
    const direction = g.pick(
      isComplex(type) ? (['EQ', 'NE'] as const) : (['EQ', 'NE', 'GE', 'GT', 'LE', 'LT'] as const),
    );
    const attrs = { direction, ...(total && { type: 'TOTALORDER' as const }) };
    return g.op('compare', [arrayShape(type, dims), arrayShape(type, dims)], attrs);
  },
  select: (g) => {
    const data = arrayShape(g.type(), elementDims(g));
    const pred = arrayShape('pred', g.chance(0.3) ? [] : data.dims);
    return g.op('select', [pred, data, data]);
  },
  clamp: (g) => {
    const type = g.type((t) => !isComplex(t) && t !== 'pred');
    const data = arrayShape(type, elementDims(g));
    const bound = arrayShape(type, g.chance(0.5) ? [] : data.dims);
    return g.op('clamp', [bound, data, bound]);
  },
  convert: (g) => {
    const anyway = (t: ElementType) => isComplex(t) || !isComplex(from);
    const from = g.chance(0.5) ? g.type() : g.pick(crossTypes);
    const to = g.chance(0.5) ? g.type(anyway) : g.pick(crossTypes.filter(anyway));
    const dims = elementDims(g);
    return g.op('convert', [arrayShape(from, dims)], {}, { shape: arrayShape(to, dims) });
  },
  'reduce-precision': (g) => {
    const type = g.type(isWideFloat);
    const attrs = { exponent_bits: g.int(1, 12), mantissa_bits: g.int(0, 54) };
    return g.op('reduce-precision', [arrayShape(type, elementDims(g))], attrs);
  },
  'stochastic-convert': (g) => {
    const from = g.pick(['f32', 'bf16', 'f16', 'f64'] as const);
    const dims = elementDims(g);
    const bits = ({ f32: 'u32', bf16: 'u16', f16: 'u16', f64: 'u64' } as const)[from];
    const to = g.pick(['s8', 's16', 's32', 's64', 's4'] as const);
    const shapes = [arrayShape(from, dims), arrayShape(bits, dims)];
    return g.op('stochastic-convert', shapes, {}, { shape: arrayShape(to, dims) });
  },
} satisfies { readonly [O in Elementwise]?: Generate };

/** A generator for each elementwise op. */
export const elementwise = Object.fromEntries(
  (Object.keys(rows) as Elementwise[]).map((opcode) => [opcode, plain(opcode)]),
) as unknown as Readonly<Record<Elementwise, Generate>>;

function plain(opcode: Elementwise): Generate {
  const own: { readonly [O in Elementwise]?: Generate } = special;
  const { arity } = rows[opcode];
  const found = own[opcode];
  if (found || typeof arity !== 'number') return found!;
  const types: readonly ElementType[] = crossTypes.filter((type) => accepts(opcode, arity, type));
  return (g) => {
    const shape = arrayShape(
      g.type((t) => types.includes(t)),
      elementDims(g),
    );
    return g.op(
      opcode,
      Array.from({ length: arity }, () => shape),
    );
  };
}

/** Whether the op's row takes operands of a type. */
function accepts(opcode: Elementwise, arity: number, type: ElementType): boolean {
  try {
    new ModuleBuilder('probe').entry((b) =>
      b.op(
        opcode,
        Array.from({ length: arity }, (_, k) => b.parameter(`p${k}`, arrayShape(type, [2]))),
      ),
    );
    return true;
  } catch (error) {
    if (error instanceof AssayError) return false;
    throw error;
  }
}

/** Enough elements for every special value to meet every other. */
function elementDims(g: Gen): number[] {
  if (g.chance(0.15)) return g.dims(0, 4);
  return g.pick([[64], [8, 16], [4, 5, 7], [200]]);
}
