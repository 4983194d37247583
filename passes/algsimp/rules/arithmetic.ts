/**
 * Algebra of numbers. Floating-point rules are those that hold for NaN, infinities and both zeros:
 * x+0 is not x (for −0), x−x and x·0 are not 0 (for NaN), −(x−y) is not y−x (for x=y).
 */
import { declaring, exact, reassociates } from '../../../graphs/ir/contract.ts';
import { type TextRow, textRule } from '../text-rule.ts';

const inverts = declaring(reassociates, 'reciprocal');

const rows: readonly TextRow[] = [
  ['add-zero', exact, 'integer', '(add x 0)', 'x'],
  ['add-negative-zero', exact, 'float', '(add x -0)', 'x'],
  ['add-negate', exact, 'real', '(add x (negate y))', '(subtract x y)'],
  ['add-subtract', exact, 'integer', '(add (subtract x y) y)', 'x'],
  ['add-constants', exact, 'integer', '(add (add x k1) k2)', '(add x (add k1 k2))'],
  ['subtract-zero', exact, 'real', '(subtract x 0)', 'x'],
  ['subtract-self', exact, 'integer', '(subtract x x)', '0'],
  ['subtract-negate', exact, 'real', '(subtract x (negate y))', '(add x y)'],
  ['subtract-add', exact, 'integer', '(subtract (add x y) y)', 'x'],
  ['subtract-from-zero', exact, 'integer', '(subtract 0 x)', '(negate x)'],
  ['subtract-from-negative-zero', exact, 'float', '(subtract -0 x)', '(negate x)'],
  ['negate-negate', exact, 'real', '(negate (negate x))', 'x'],
  ['negate-subtract', exact, 'integer', '(negate (subtract x y))', '(subtract y x)'],
  ['multiply-one', exact, 'real', '(multiply x 1)', 'x'],
  ['multiply-zero', exact, 'integer', '(multiply x 0)', '0'],
  ['multiply-minus-one', exact, 'real', '(multiply x -1)', '(negate x)'],
  ['multiply-negates', exact, 'real', '(multiply (negate x) (negate y))', '(multiply x y)'],
  [
    'multiply-constants',
    exact,
    'integer',
    '(multiply (multiply x k1) k2)',
    '(multiply x (multiply k1 k2))',
  ],
  ['divide-one', exact, 'real', '(divide x 1)', 'x'],
  ['divide-minus-one', exact, 'float', '(divide x -1)', '(negate x)'],
  ['divide-negates', exact, 'float', '(divide (negate x) (negate y))', '(divide x y)'],
  ['divide-one-by-sqrt', reassociates, 'float', '(divide 1 (sqrt x))', '(rsqrt x)'],
  ['divide-one-by-rsqrt', reassociates, 'float', '(divide 1 (rsqrt x))', '(sqrt x)'],
  ['divide-by-sqrt', inverts, 'float', '(divide x (sqrt y))', '(multiply x (rsqrt y))'],
  ['remainder-one', exact, 'integer', '(remainder x 1)', '0'],
  ['abs-abs', exact, 'real', '(abs (abs x))', '(abs x)'],
  ['abs-negate', exact, 'real', '(abs (negate x))', '(abs x)'],
  ['sign-sign', exact, 'real', '(sign (sign x))', '(sign x)'],
  ['floor-floor', exact, 'float', '(floor (floor x))', '(floor x)'],
  ['ceil-ceil', exact, 'float', '(ceil (ceil x))', '(ceil x)'],
  [
    'round-round',
    exact,
    'float',
    '(round-nearest-even (round-nearest-even x))',
    '(round-nearest-even x)',
  ],
  ['maximum-self', exact, 'real', '(maximum x x)', 'x'],
  ['minimum-self', exact, 'real', '(minimum x x)', 'x'],
  ['maximum-maximum', exact, 'real', '(maximum (maximum x y) y)', '(maximum x y)'],
  ['minimum-minimum', exact, 'real', '(minimum (minimum x y) y)', '(minimum x y)'],
  ['maximum-minimum', exact, 'integer', '(maximum x (minimum x y))', 'x'],
  ['minimum-maximum', exact, 'integer', '(minimum x (maximum x y))', 'x'],
  ['power-zero', exact, 'float', '(power x 0)', '1'],
  ['power-one', exact, 'float', '(power x 1)', 'x'],
  ['power-two', reassociates, 'float', '(power x 2)', '(multiply x x)'],
  ['power-minus-one', reassociates, 'float', '(power x -1)', '(divide 1 x)'],
  ['real-of-complex', exact, 'any', '(real (complex x y))', 'x'],
  ['imag-of-complex', exact, 'any', '(imag (complex x y))', 'y'],
  ['complex-of-parts', exact, 'complex', '(complex (real x) (imag x))', 'x'],
  ['real-of-real', exact, 'float', '(real x)', 'x'],
];

/** Of several rules on one opcode, the first that fires counts. */
export const arithmeticRules = rows.map(textRule);
