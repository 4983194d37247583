/**
 * The exponentially scaled Bessel function I₁ as CHLO decomposes it: the Chebyshev series of Cephes
 * (Moshier) up to 8 and beyond, more terms of them in f64. Coefficients stand from the highest down.
 */
import type { Instruction } from '../../../ir/module.ts';
import type { Arithmetic } from './arithmetic.ts';

const nearDouble = [
  2.7779141127610464e-18, -2.111421214358166e-17, 1.5536319577362005e-16, -1.1055969477353862e-15,
  7.600684294735408e-15, -5.042185504727912e-14, 3.223793365945575e-13, -1.9839743977649436e-12,
  1.1736186298890901e-11, -6.663489723502027e-11, 3.625590281552117e-10, -1.8872497517228294e-9,
  9.381537386495773e-9, -4.445059128796328e-8, 2.0032947535521353e-7, -8.568720264695455e-7,
  3.4702513081376785e-6, -1.3273163656039436e-5, 4.781565107550054e-5, -0.00016176081582589674,
  0.0005122859561685758, -0.0015135724506312532, 0.004156422944312888, -0.010564084894626197,
  0.024726449030626516, -0.05294598120809499, 0.1026436586898471, -0.17641651835783406,
  0.25258718644363365,
];

const farDouble = [
  7.517296310842105e-18, 4.414348323071708e-18, -4.6503053684893586e-17, -3.209525921993424e-17,
  2.96262899764595e-16, 3.3082023109209285e-16, -1.8803547755107825e-15, -3.8144030724370075e-15,
  1.0420276984128802e-14, 4.272440016711951e-14, -2.1015418427726643e-14, -4.0835511110921974e-13,
  -7.198551776245908e-13, 2.0356285441470896e-12, 1.4125807436613782e-11, 3.2526035830154884e-11,
  -1.8974958123505413e-11, -5.589743462196584e-10, -3.835380385964237e-9, -2.6314688468895196e-8,
  -2.512236237870209e-7, -3.882564808877691e-6, -0.00011058893876262371, -0.009761097491361469,
  0.7785762350182801,
];

/** Terms that f32 uses, the last ones of each series. */
const singleTerms = { near: 17, far: 7 } as const;

/** e^-|x| I₁(x). */
export function besselI1e(m: Arithmetic, x: Instruction): Instruction {
  const double = m.type === 'f64';
  const size = m.abs(x);
  const near = double ? nearDouble : nearDouble.slice(-singleTerms.near);
  const far = double ? farDouble : farDouble.slice(-singleTerms.far);
  const below = m.mul(size, chebyshev(m, m.sub(m.mul(0.5, size), 2), near));
  const above = m.div(chebyshev(m, m.sub(m.div(32, size), 2), far), m.sqrt(size));
  const sign = m.choose([m.eq(x, 0), x], m.copySign(1, x));
  return m.mul(sign, m.choose([m.le(size, 8), below], above));
}

/** A Chebyshev series of twice its variable, by Clenshaw's recurrence. */
function chebyshev(m: Arithmetic, x: Instruction, coefficients: readonly number[]): Instruction {
  let [b0, b1, b2] = [m.k(0), m.k(0), m.k(0)];
  for (const c of coefficients) {
    [b2, b1] = [b1, b0];
    b0 = m.add(m.sub(m.mul(x, b1), b2), c);
  }
  return m.mul(0.5, m.sub(b0, b2));
}
