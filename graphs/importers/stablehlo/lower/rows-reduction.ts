/** StableHLO ops that call a region on many elements: reductions, windows, scatter, sort, map. */
import type { Instruction } from '../../../ir/module.ts';
import type { WindowDim } from '../../../ops/attr.ts';
import type { Op, Region } from '../parse/ast.ts';
import { arrayOf, type LoweringRows, type OpContext } from './op-context.ts';

interface WindowParts {
  readonly strides?: readonly number[];
  /** Low and high padding of each dimension in turn. */
  readonly padding?: readonly number[];
  readonly base?: readonly number[];
  readonly window?: readonly number[];
  readonly reversal?: readonly boolean[];
}

/** The window attribute of HLO from StableHLO's lists. */
export function windowOf(sizes: readonly number[], parts: WindowParts): readonly WindowDim[] {
  return sizes.map((size, i) => ({
    size,
    stride: parts.strides?.[i] ?? 1,
    padLow: parts.padding?.[2 * i] ?? 0,
    padHigh: parts.padding?.[2 * i + 1] ?? 0,
    windowDilation: parts.window?.[i] ?? 1,
    baseDilation: parts.base?.[i] ?? 1,
    reversal: parts.reversal?.[i] ?? false,
  }));
}

/** The region of a reduction, written out or named by `applies`. */
function reducer(o: OpContext): Region {
  if (!o.attr('applies')) return o.region();
  const { type } = o.shape();
  const { position } = o.op;
  const scalar = { kind: 'tensor', type, dims: [] } as const;
  const refs = ['lhs', 'rhs'].map((name) => ({ name, index: 0 }));
  const plain = { attrs: new Map(), regions: [], position };
  const body: Op = {
    name: o.word(['applies']),
    operands: refs,
    results: [{ name: 'result', count: 1 }],
    resultTypes: [],
    ...plain,
  };
  const result = [{ name: 'result', index: 0 }];
  const end: Op = {
    name: 'stablehlo.return',
    operands: result,
    results: [],
    resultTypes: [],
    ...plain,
  };
  return { args: refs.map(({ name }) => ({ name, type: scalar })), ops: [body, end] };
}

/** Operands in the element types that the region takes, which may be wider. */
export function promoted(o: OpContext, region: Region, count: number): readonly Instruction[] {
  return o.operands.map((x, i) => {
    const wanted = region.args[i % count]?.type;
    return wanted?.kind === 'tensor' && arrayOf(x) ? o.convert(x, wanted.type) : x;
  });
}

function reduce(o: OpContext) {
  const region = reducer(o);
  const count = o.operands.length / 2;
  const to_apply = o.closed(region, 'reducer');
  const attrs = { dimensions: o.ints(['dimensions']), to_apply };
  return o.untuple(o.emit('reduce', promoted(o, region, count), attrs));
}

function reduceWindow(o: OpContext) {
  const region = o.region();
  const count = o.operands.length / 2;
  const window = windowOf(o.ints(['window_dimensions']), {
    strides: o.ints(['window_strides'], []),
    padding: o.ints(['padding'], []),
    base: o.ints(['base_dilations'], []),
    window: o.ints(['window_dilations'], []),
  });
  const to_apply = o.closed(region, 'reducer');
  return o.untuple(o.emit('reduce-window', promoted(o, region, count), { window, to_apply }));
}

function selectAndScatter(o: OpContext) {
  const window = windowOf(o.ints(['window_dimensions'], []), {
    strides: o.ints(['window_strides'], []),
    padding: o.ints(['padding'], []),
  });
  const operands = promoted(o, o.region(1), 1);
  const select = narrowed(o, o.closed(o.region(0), 'select'), operands[0]!);
  const scatter = o.closed(o.region(1), 'scatter');
  return o.emit('select-and-scatter', operands, { window, select, scatter });
}

/** A computation of two operands of the given type before they were made wider. */
function narrowed(o: OpContext, computation: string, operand: Instruction): string {
  const { type } = arrayOf(operand) ?? o.shape();
  if (type === o.shape().type) return computation;
  const wide = { kind: 'array', type, dims: [] } as const;
  const narrow = { ...wide, type: o.shape().type };
  const { program } = o.scope;
  return program.computation(program.freshName('narrowed'), (b) => {
    const parameters = ['a', 'b'].map((name) => b.parameter(name, wide));
    const values = parameters.map((x) => b.op('convert', [x], {}, { shape: narrow }));
    return b.op('call', values, { to_apply: computation });
  });
}

/** Inputs, indices, updates: all but the indices in the types of the region. */
function wider(o: OpContext): readonly Instruction[] {
  const count = (o.operands.length - 1) / 2;
  const indices = o.x(count);
  const data = o.with(o.operands.toSpliced(count, 1));
  return promoted(data, o.region(), count).toSpliced(count, 0, indices);
}

function scatter(o: OpContext) {
  const d = o.struct('scatter_dimension_numbers');
  const result = o.emit('scatter', wider(o), {
    update_window_dims: d.ints('update_window_dims'),
    inserted_window_dims: d.ints('inserted_window_dims'),
    input_batching_dims: d.ints('input_batching_dims'),
    scatter_indices_batching_dims: d.ints('scatter_indices_batching_dims'),
    scatter_dims_to_operand_dims: d.ints('scatter_dims_to_operand_dims'),
    index_vector_dim: d.int('index_vector_dim', 0),
    indices_are_sorted: o.bool(['indices_are_sorted'], false),
    unique_indices: o.bool(['unique_indices'], false),
    to_apply: o.closed(o.region(), 'update'),
  });
  return o.untuple(result);
}

function sort(o: OpContext) {
  const { dims } = o.shape();
  const written = o.int(['dimension'], -1);
  const dimension = written < 0 ? written + dims.length : written;
  const is_stable = o.bool(['is_stable'], false);
  const to_apply = o.closed(o.region(), 'comparator');
  return o.untuple(o.emit('sort', o.operands, { dimensions: [dimension], is_stable, to_apply }));
}

function map(o: OpContext) {
  const to_apply = o.closed(o.region(), 'mapped');
  return o.emit('map', o.operands, { dimensions: o.ints(['dimensions'], []), to_apply });
}

/** Rows by op. */
export const reductionRows: LoweringRows = {
  'stablehlo.map': map,
  'stablehlo.reduce': reduce,
  'stablehlo.reduce_window': reduceWindow,
  'stablehlo.scatter': scatter,
  'stablehlo.select_and_scatter': selectAndScatter,
  'stablehlo.sort': sort,
};
