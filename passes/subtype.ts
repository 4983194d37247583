/** Which element types hold every value of which others: a convert to such a type loses nothing. */
import { type ElementType, elementTypes, floatFormat } from '../graphs/ir/element-type.ts';

/** True if every value of `narrow` is a value of `wide`. */
export function isSubtype(wide: ElementType, narrow: ElementType): boolean {
  if (wide === narrow) return true;
  const [w, n] = [elementTypes[wide], elementTypes[narrow]];
  if (w.kind === 'complex' || n.kind === 'complex' || w.kind === 'pred') return false;
  if (n.kind === 'float') return w.kind === 'float' && floatHolds(wide, narrow);
  const valueBits = n.kind === 'pred' ? 1 : n.kind === 'signed' ? n.bits - 1 : n.bits;
  if (w.kind === 'float') {
    const { precision, maxFinite } = floatFormat(wide);
    return precision >= valueBits && maxFinite >= 2 ** valueBits;
  }
  if (w.kind === 'signed') return w.bits - 1 >= valueBits;
  return n.kind !== 'signed' && w.bits >= valueBits;
}

function floatHolds(wide: ElementType, narrow: ElementType): boolean {
  const [w, n] = [floatFormat(wide), floatFormat(narrow)];
  const subnormals = n.minExponent - n.precision >= w.minExponent - w.precision;
  const special = (w.hasNaN || !n.hasNaN) && (w.overflow === 'inf' || n.overflow !== 'inf');
  const zeros = (w.signedZero || !n.signedZero) && (w.signed || !n.signed);
  return w.precision >= n.precision && w.maxFinite >= n.maxFinite && subnormals && special && zeros;
}
