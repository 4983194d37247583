/** The index maps themselves: what the reference does by shortcut, they must say as well. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entryOf, type InstructionOf, rootOf } from '../../graphs/ir/module.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import type { ExactTensor } from '../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { applyMove } from '../../validator/semantics/indexing/move.ts';
import { type MoveOpcode, moveOf, moves } from '../../validator/semantics/indexing/moves.ts';
import {
  windowPlaces,
  windowReader,
  windowTaps,
} from '../../validator/semantics/indexing/window.ts';
import { counting } from '../support/exact/naive.ts';
import { numbers, opModule } from '../support/run-op.ts';

const index = (x: number) => tensorOf('s32', [], [x]);
const rows: Record<MoveOpcode, readonly [string, readonly Tensor[]]> = {
  bitcast: ['f32[6]{0} bitcast(p0)', [counting('f32', [2, 3])]],
  broadcast: ['f32[2,4,3] broadcast(p0), dimensions={0,2}', [counting('f32', [2, 3])]],
  concatenate: [
    'f32[2,5] concatenate(p0, p1), dimensions={1}',
    [counting('f32', [2, 3]), counting('f32', [2, 2])],
  ],
  copy: ['f32[2,3] copy(p0)', [counting('f32', [2, 3])]],
  'dynamic-slice': [
    'f32[1,2] dynamic-slice(p0, p1, p2), dynamic_slice_sizes={1,2}',
    [counting('f32', [2, 3]), index(1), index(9)],
  ],
  'dynamic-update-slice': [
    'f32[2,3] dynamic-update-slice(p0, p1, p2, p3)',
    [counting('f32', [2, 3]), tensorOf('f32', [1, 2], [70, 80]), index(-4), index(1)],
  ],
  gather: [
    'f32[2,3] gather(p0, p1), offset_dims={1}, collapsed_slice_dims={0}, start_index_map={0}, index_vector_dim=1, slice_sizes={1,3}',
    [counting('f32', [2, 3]), tensorOf('s32', [2], [1, 5])],
  ],
  pad: [
    'f32[4,4] pad(p0, p1), padding=1_1x-1_0_1',
    [counting('f32', [2, 3]), tensorOf('f32', [], [9])],
  ],
  reshape: ['f32[3,2] reshape(p0)', [counting('f32', [2, 3])]],
  reverse: ['f32[2,3] reverse(p0), dimensions={0,1}', [counting('f32', [2, 3])]],
  slice: ['f32[1,2] slice(p0), slice={[1:2], [0:3:2]}', [counting('f32', [2, 3])]],
  transpose: ['f32[3,2] transpose(p0), dimensions={1,0}', [counting('f32', [2, 3])]],
};

test.each(Object.keys(moves) as MoveOpcode[])('the map of %s gives what the op gives', (opcode) => {
  const [op, inputs] = rows[opcode];
  const module = opModule(
    inputs.map((t) => t.shape),
    op,
  );
  const instruction = rootOf(entryOf(module)) as InstructionOf<MoveOpcode>;
  const move = moveOf(
    instruction,
    inputs.map((t) => t.shape),
    inputs,
  );
  const moved = applyMove(
    move,
    inputs.map((t) => t.data),
  );
  expect(Array.from(moved as Float32Array)).toEqual(numbers(runReference(module, inputs)));
});

test('a move applies to any array that runs along with the elements, complex parts together', () => {
  const strided = (base: number, stride: number) => ({ base, strides: [stride] });
  const move = {
    dims: [3],
    blocks: [
      { operand: 0, dims: [2], from: strided(1, -1), to: strided(0, 2) },
      { operand: 1, dims: [1], from: strided(1, 1), to: strided(1, 1) },
    ],
  };
  expect(applyMove(move, [Float64Array.of(1, 2), Float64Array.of(3, 4)])).toEqual(
    Float64Array.of(2, 4, 1),
  );
  const complex = [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8)];
  expect(applyMove(move, complex, 2)).toEqual(Float32Array.of(3, 4, 7, 8, 1, 2));
  const pairs = applyMove(
    { dims: [2], source: Int32Array.of(1, 0) },
    [Float32Array.of(1, 2, 3, 4)],
    2,
  );
  expect(pairs).toEqual(Float32Array.of(3, 4, 1, 2));
});

test('a window reader lists exactly the taps that lie inside, in order', () => {
  const dim = fc.record({
    size: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padLow: fc.integer({ min: -1, max: 3 }),
    padHigh: fc.integer({ min: -1, max: 3 }),
    windowDilation: fc.integer({ min: 1, max: 2 }),
    baseDilation: fc.integer({ min: 1, max: 3 }),
    reversal: fc.boolean(),
  });
  fc.assert(
    fc.property(dim, fc.integer({ min: 1, max: 6 }), (w, n) => {
      const places = windowPlaces(w, n);
      const taps = windowTaps(w, n, places);
      const read = windowReader([w], [n], [places]);
      for (let p = 0; p < places; p++) {
        const view = read([p]);
        const row = Array.from(taps.subarray(p * w.size, (p + 1) * w.size));
        expect(Array.from(view.base.subarray(0, view.count))).toEqual(row.filter((t) => t >= 0));
        const at = row.flatMap((t, k) => (t < 0 ? [] : [w.reversal ? w.size - 1 - k : k]));
        expect(Array.from(view.position.subarray(0, view.count))).toEqual(at);
      }
    }),
  );
});

test('slices without elements of an operand without elements are zeros, exactly too', () => {
  const gather =
    'gather(p0, p1), offset_dims={1}, collapsed_slice_dims={0}, start_index_map={0}, index_vector_dim=1, slice_sizes={0,2}';
  const inputs = [tensorOf('f32', [0, 2], []), tensorOf('s32', [3], [0, 1, -1])];
  const module = opModule(
    inputs.map((t) => t.shape),
    `f32[3,2] ${gather}`,
  );
  const none = [0, 0, 0, 0, 0, 0];
  expect(numbers(runReference(module, inputs))).toEqual(none);
  const { value } = runExact(module, inputs.map(fromPlainValue));
  expect(Array.from((value as ExactTensor).data, Number)).toEqual(none);
});
