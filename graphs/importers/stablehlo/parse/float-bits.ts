/** The value that a bit pattern has in a floating-point format of up to 32 bits. */
import type { ElementType } from '../../../ir/element-type.ts';
import { floatBits } from '../../../ir/float-bits.ts';

/** Decodes patterns of a type: sign, biased exponent, fraction, from the top bit down. */
export function floatDecoder(type: ElementType): (bits: number) => number {
  return type === 'f32' ? decodeSingle : floatBits(type).decode;
}

function decodeSingle(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}
