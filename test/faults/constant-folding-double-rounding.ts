/** Constants are converted to narrow types by way of f32: rounded twice. */
import { rounder } from '../../graphs/ir/rounding.ts';
import { tensor } from '../../graphs/ir/tensor.ts';
import { constantFoldingWith } from '../../passes/constant-folding.ts';
import { foldConvert } from '../../passes/fold/elementwise.ts';
import { constantFolds } from '../../passes/fold/table.ts';

export const roundedTwice = constantFoldingWith({
  ...constantFolds,
  convert: (i, operands) => {
    const [x] = operands;
    const isFromF64 = x!.data instanceof Float64Array && x!.shape.type === 'f64';
    if (!isFromF64) return foldConvert(i, operands);
    const once = (x!.data as Float64Array).map(rounder('f32'));
    return foldConvert(i, [tensor(x!.shape, once)]);
  },
});
