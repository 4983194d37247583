/** Ops that HLO cannot express, each with the reason: strings, randomness, images. */
import type { ErrorCode } from '../../../ir/diagnostic.ts';
import type { Lower, LowerTable } from '../node-context.ts';

const refuse =
  (why: string, code: ErrorCode): Lower =>
  (c) =>
    c.refuse(why, code);

const string = refuse('strings have no HLO type', 'onnx/unsupported-type');
const random = refuse('the op draws random numbers, so it has no one result', 'onnx/random');
const image = refuse('decoding image files is outside of HLO', 'onnx/unsupported');

const rows = (names: string, row: Lower): LowerTable =>
  Object.fromEntries(names.split(' ').map((name) => [name, row]));

/** Rows that only refuse, so that the error says why and not that the op is unknown. */
export const refused: LowerTable = {
  ...rows('RegexFullMatch StringConcat StringNormalizer StringSplit', string),
  ...rows(
    'Bernoulli Multinomial RandomNormal RandomNormalLike RandomUniform RandomUniformLike',
    random,
  ),
  ImageDecoder: image,
};
