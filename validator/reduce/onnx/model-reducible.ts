/** ONNX models as graphs that can be reduced: nodes are parts; bodies stay as they are. */
import type { NodeProto } from '../../../graphs/importers/onnx/schema.ts';
import type { Reducible } from '../reducible.ts';
import { modelSizesIn, modelSlotsOf, resizedModel } from './arrays.ts';
import { type ModelSpecimen, modelKeyOf, modelSizeOf } from './model-specimen.ts';
import { withoutModelNames } from './names.ts';
import { nodesOf, simplerModels } from './nodes.ts';

/** Models are reduced in their own operators, since a fault may hang on the form. */
export const modelReducible: Reducible<ModelSpecimen> = {
  keyOf: modelKeyOf,
  sizeOf: modelSizeOf,
  partsOf: (specimen) => {
    const { items, of } = nodesOf(specimen);
    return { items, of: (kept) => of(kept as readonly NodeProto[]) };
  },
  simplerWholes: simplerModels,
  sizesIn: modelSizesIn,
  resized: resizedModel,
  slotsOf: modelSlotsOf,
  withoutNames: withoutModelNames,
};
