/** The value that a bit pattern has in a floating-point format of up to 32 bits. */
import { type ElementType, elementTypes, floatFormat } from '../../ir/element-type.ts';

/** Decodes patterns of a type: sign, biased exponent, fraction, from the top bit down. */
export function floatDecoder(type: ElementType): (bits: number) => number {
  if (type === 'f32') return decodeSingle;
  const { bits: width } = elementTypes[type];
  const { precision, minExponent, overflow, signed, signedZero } = floatFormat(type);
  const fractionBits = precision - 1;
  const exponentBits = width - fractionBits - (signed ? 1 : 0);
  const largest = 2 ** exponentBits - 1;
  const bias = signed ? 1 - minExponent : -minExponent;
  const unit = 2 ** fractionBits;
  return (bits) => {
    const fraction = bits % unit;
    const exponent = Math.floor(bits / unit) % (largest + 1);
    const negative = signed && bits >= 2 ** (width - 1);
    const sign = negative ? -1 : 1;
    if (!signed) return exponent === largest ? NaN : 2 ** (exponent - bias);
    if (!signedZero && negative && exponent === 0 && fraction === 0) return NaN;
    if (overflow === 'inf' && exponent === largest) return fraction ? NaN : sign * Infinity;
    const last = exponent === largest && fraction === unit - 1;
    if (overflow === 'nan' && signedZero && last) return NaN;
    if (exponent === 0) return sign * fraction * 2 ** (minExponent - fractionBits);
    return sign * (1 + fraction / unit) * 2 ** (exponent - bias);
  };
}

function decodeSingle(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}
