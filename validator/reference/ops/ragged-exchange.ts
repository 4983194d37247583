/** What ragged-all-to-all computes: rows of every device's input laid in every device's output. */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import type { Tensor } from '../../../graphs/ir/tensor.ts';
import { result } from '../operands.ts';

/**
 * The outputs of the members of a group, from the operands of each: (input, output, input offsets,
 * send sizes, output offsets, receive sizes), offsets and sizes counted in rows of dimension 0. Of
 * member s to member t go the updates u: output_t[output_offsets_s[t,u] + k] =
 * input_s[input_offsets_s[t,u] + k] for k < send_sizes_s[t,u]
 * (https://openxla.org/xla/operation_semantics#raggedalltoall).
 */
export function raggedExchange(
  operands: readonly (readonly Tensor[])[],
): readonly (readonly Tensor[])[] {
  const outputs = operands.map(([, output]) => result(output.shape, output.data.slice()));
  for (const [input, , ...tables] of operands) {
    const [from, sizes, to] = tables.map((t) => Array.from(t.data as ArrayLike<unknown>, Number));
    const updates = from.length / outputs.length;
    if (!Number.isInteger(updates)) {
      fail('run/bad-shape', `${from.length} offsets do not divide among ${outputs.length} devices`);
    }
    outputs.forEach((output, t) => {
      for (let u = t * updates; u < (t + 1) * updates; u++) {
        copyRows(input, from[u], output, to[u], sizes[u]);
      }
    });
  }
  return outputs.map((output) => [output]);
}

function copyRows(input: Tensor, from: number, output: Tensor, to: number, count: number): void {
  const fits = (x: Tensor, start: number) => start >= 0 && start + count <= x.shape.dims[0];
  if (count < 0 || !fits(input, from) || !fits(output, to)) {
    const rows = `${count} rows from ${from} to ${to}`;
    fail('run/bad-operand', `${rows} do not lie in the input or the output`);
  }
  if (count === 0) return;
  const row = input.data.length / input.shape.dims[0];
  output.data.set(input.data.subarray(from * row, (from + count) * row) as never, to * row);
}
