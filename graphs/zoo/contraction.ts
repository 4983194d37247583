/**
 * Contractions over 4,096 terms, in forms that dot_decomposer brings to one contracting dimension:
 * two dimensions at once, the last of both sides, and batched with the batch in the middle.
 */
import { ModuleBuilder } from '../build/builder.ts';
import { dot, input } from './basics.ts';
import { model } from './model.ts';

const dims = { batch: 4, rows: 64, columns: 64, features: 8 };

/** Gives a tuple of the dots. */
export const contraction = model(
  'long_contraction',
  'dots over rows × columns (4,096) terms in several forms, f32',
  dims,
  ({ batch, rows, columns, features }) => {
    const m = new ModuleBuilder('long_contraction');
    const terms = rows * columns;
    return m.entry((b) => {
      const x = input(b, 'x', 'f32', [batch, rows, columns]);
      const square = input(b, 'square', 'f32', [rows, columns, features], `weight:${terms}`);
      const flat = input(b, 'flat', 'f32', [features, terms]);
      const y = input(b, 'y', 'f32', [terms, batch], `weight:${terms}`);
      const grouped = input(b, 'grouped', 'f32', [rows, batch, columns], `weight:${terms}`);
      return b.op('tuple', [
        dot(b, x, square, {
          contract: [
            [1, 2],
            [0, 1],
          ],
        }),
        dot(b, y, flat, { contract: [[0], [1]] }),
        dot(b, x, grouped, {
          batch: [[0], [1]],
          contract: [
            [1, 2],
            [0, 2],
          ],
        }),
        dot(b, x, grouped, { batch: [[0], [1]], contract: [[2], [2]] }),
      ]);
    });
  },
);
