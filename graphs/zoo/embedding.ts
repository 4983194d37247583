/** An embedding table: rows gathered by token, and the gradient added back to them by scatter. */
import { ModuleBuilder } from '../build/builder.ts';
import {
  combiners,
  compare,
  convert,
  dot,
  full,
  input,
  iota,
  reshape,
  withScalar,
} from './basics.ts';
import { model } from './model.ts';

const dims = { batch: 4, length: 16, vocabulary: 64, width: 32 };

/** Of tokens s32[batch, length] and a table [vocabulary, width]. */
export const embedding = model(
  'embedding',
  'gather from an embedding table, scatter-add of its gradient, f32',
  dims,
  ({ batch, length, vocabulary, width }) => {
    const m = new ModuleBuilder('embedding');
    const { add } = combiners(m, 'f32');
    return m.entry((b) => {
      const tokens = input(b, 'tokens', 's32', [batch, length]);
      const table = input(b, 'table', 'f32', [vocabulary, width], 'weight:16');
      const upstream = input(b, 'upstream', 'f32', [batch, length, width]);
      const rows = b.op('gather', [table, reshape(b, tokens, [batch, length, 1])], {
        offset_dims: [2],
        collapsed_slice_dims: [0],
        start_index_map: [0],
        index_vector_dim: 2,
        slice_sizes: [1, width],
      });
      const gradient = b.op(
        'scatter',
        [
          full(b, 'f32', [vocabulary, width], 0),
          reshape(b, tokens, [batch * length, 1]),
          reshape(b, upstream, [batch * length, width]),
        ],
        {
          update_window_dims: [1],
          inserted_window_dims: [0],
          scatter_dims_to_operand_dims: [0],
          index_vector_dim: 1,
          to_apply: add,
        },
      );
      const updated = b.op('subtract', [table, withScalar(b, 'multiply', gradient, 0.125)]);
      const sizes = [batch, length, vocabulary];
      const same = compare(b, b.broadcast(tokens, sizes, [0, 1]), iota(b, 's32', sizes, 2), 'EQ');
      const counts = convert(b, same, 'f32');
      const product = dot(b, counts, table, { contract: [[2], [0]] });
      return b.op('tuple', [rows, updated, product]);
    });
  },
);
