/** What the known targets of custom calls demand of their operands and results. */
import { sameDims } from '../../ir/shape.ts';
import {
  type ApproxTopKConfig,
  approxTopKConfig,
  approxTopKOutput,
  reducedSize,
} from '../approx-top-k.ts';
import { customTargetOf, type Demanded } from '../custom-targets.ts';
import { fitDims, type Given, need, text } from './checks.ts';

type Demand = (c: Given, target: string) => void;

const demands: Readonly<Record<Demanded, Demand>> = {
  anything: () => {},
  'same-type': sameType,
  'same-shape': kept,
  'top-k': exactTopK,
  'approximate-top-k': approximately(approximateSize),
  'partial-reduce': approximately(({ n, rank, log2Reduction }) =>
    log2Reduction === undefined ? undefined : reducedSize(n, rank, log2Reduction),
  ),
};

/** Demands what the target of a custom call wants, where it is known. */
export function checkKnownTarget(c: Given, target: string): void {
  const known = customTargetOf(target);
  if (known) demands[known.demands](c, target);
}

/** The operand's elements, perhaps cut among devices or in a buffer. */
function sameType(c: Given, target: string): void {
  const [operand] = c.operands;
  need(c, operand !== undefined, 'custom_call_x4', () => `${target} needs an operand`);
  const [from, to] = [operand!, c.declared].map((s) => (s.kind === 'buffer' ? s.array : s));
  if (from!.kind !== 'array' || to!.kind !== 'array') return;
  const words = () => `${target} gives its operand ${text(from)}, not ${text(to)}`;
  need(c, from!.type === to!.type, 'custom_call_x5', words);
}

/** The operand as it is. */
function kept(c: Given, target: string): void {
  sameType(c, target);
  const [from, to] = [c.operands[0]!, c.declared];
  if (from.kind !== 'array' || to.kind !== 'array') return;
  const words = () => `${target} gives its operand ${text(from)}, not ${text(to)}`;
  need(c, fitDims(from.dims, to.dims), 'custom_call_x6', words);
}

/** (the k best of the last dimension, their places), k being what the result has. */
function exactTopK(c: Given): void {
  const [operand] = c.operands;
  const { declared } = c;
  need(c, operand?.kind === 'array', 'custom_call_x4', () => 'TopK needs an array as operand');
  const results = declared.kind === 'tuple' ? declared.elements : [];
  const [values, places] = results;
  const words = () => `TopK of ${text(operand)} gives (values, s32 places), not ${text(declared)}`;
  const arrays = values?.kind === 'array' && places?.kind === 'array';
  if (operand?.kind !== 'array') return;
  need(c, results.length === 2 && arrays, 'custom_call_x7', words);
  if (values?.kind !== 'array' || places?.kind !== 'array') return;
  need(c, values.type === operand.type && places.type === 's32', 'custom_call_x7', words);
  const rest = (dims: readonly number[]) => dims.slice(0, -1);
  const fit = fitDims(rest(values.dims), rest(operand.dims)) && fitDims(values.dims, places.dims);
  need(c, fit && values.dims.length === operand.dims.length, 'custom_call_x7', words);
  const [k, n] = [values.dims.at(-1)!, operand.dims.at(-1)!];
  need(c, k <= n || n === -1, 'custom_call_x8', () => `TopK gives ${k} of ${n} elements`);
}

interface Reduced extends ApproxTopKConfig {
  /** Elements along the reduced dimension, and the rank of their array. */
  readonly n: number;
  readonly rank: number;
}

/** The results of an approximate top-k have the size that its reduction leaves. */
function approximately(sizeOf: (of: Reduced) => number | undefined): Demand {
  return (c, target) => {
    const config = approxTopKConfig(c.config);
    const [operand] = c.operands;
    const { declared } = c;
    const results = declared.kind === 'tuple' ? declared.elements : [declared];
    if (config?.reductionDim === undefined || operand?.kind !== 'array') return;
    const n = operand.dims[config.reductionDim];
    const size = n === undefined ? n : sizeOf({ ...config, n, rank: operand.dims.length });
    if (size === undefined) return;
    const want = operand.dims.map((d, k) => (k === config.reductionDim ? size : d));
    const wrong = results.find((s) => s.kind !== 'array' || !sameDims(s, { ...s, dims: want }));
    const words = () => `${target} of ${n} elements leaves [${want}], the result is ${text(wrong)}`;
    need(c, !wrong, 'custom_call_x3', words);
  };
}

function approximateSize(of: Reduced): number | undefined {
  const { n, rank, topK: k, recallTarget: recall, aggregate, inputSizeOverride: override } = of;
  if (k === undefined || recall === undefined) return undefined;
  return approxTopKOutput({ n, rank, k, recall, aggregate, override }).size;
}
