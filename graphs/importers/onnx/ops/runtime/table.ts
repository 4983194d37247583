/** ONNX Runtime's own operators by domain, written out as what they compute. */
import type { Lower, LowerTable } from '../../node-context.ts';
import { shapes } from '../shapes.ts';
import { runtimeAttention } from './attention.ts';
import { blocked, blockedDomain } from './blocked.ts';
import { internalNhwc, nhwc } from './channels-last.ts';
import { fused } from './fused.ts';
import { groupedAttention } from './grouped-attention.ts';
import { layerNorms } from './layer-norm.ts';
import { quantizedOps } from './quantized.ts';
import { quantizedProducts } from './quantized-products.ts';

const refuse =
  (why: string): Lower =>
  (c) =>
    c.refuse(why);

const rows = (names: string, row: Lower): LowerTable =>
  Object.fromEntries(names.split(' ').map((name) => [name, row]));

/** Ops of com.microsoft that are refused, each with the reason. */
const refusedOps: LowerTable = {
  ...rows(
    'BeamSearch GreedySearch Sampling WhisperBeamSearch',
    refuse('the op runs whole models in a search for words, whose length depends on values'),
  ),
  ...rows('MoE QMoE', refuse('mixtures of experts are not written out')),
  ...rows(
    'Tokenizer MurmurHash3 NGramHashMapping',
    refuse('hashes and strings are outside of HLO'),
  ),
  DynamicQuantizeLSTM: refuse(
    'how many rows of the state are quantised together depends on the threads that run it',
  ),
};

/** Rows by domain and operator. */
export const runtimeOps: Readonly<Record<string, LowerTable>> = {
  'com.microsoft': {
    ...refusedOps,
    ...fused,
    ...layerNorms,
    ...runtimeAttention,
    ...groupedAttention,
    ...quantizedOps,
    ...quantizedProducts,
    ...nhwc,
    Trilu: shapes.Trilu!,
  },
  [blockedDomain]: blocked,
  'com.ms.internal.nhwc': internalNhwc,
};
