/** StableHLO that its own verifier refuses is refused here, by name and with its place. */
import { describe, expect, test } from 'vitest';
import { importCode } from '../../support/stablehlo.ts';

const two = 'tensor<2xf32>';

function main(body: string): string {
  return `func.func @main(%x: ${two}, %y: ${two}) -> ${two} {
${body}
return %r : ${two}
}`;
}

const plain = `%r = stablehlo.add %x, %y : ${two}`;
const cases: Readonly<Record<string, readonly [string, string]>> = {
  'what is right': [main(plain), 'accepted'],
  'an operand too many': [main(`%r = stablehlo.log %x, %y : ${two}`), 'stablehlo/operands'],
  'an operand too few': [main(`%r = stablehlo.add %x : ${two}`), 'stablehlo/operands'],
  'an operand too many in the generic form': [
    main(`%r = "stablehlo.real"(%x, %y) : (${two}, ${two}) -> ${two}`),
    'stablehlo/operands',
  ],
  'nothing to concatenate': [
    main(`%r = "stablehlo.concatenate"() {dimension = 0 : i64} : () -> ${two}`),
    'stablehlo/operands',
  ],
  'a region that nothing runs': [
    main(
      `%r = "stablehlo.add"(%x, %y) ({ stablehlo.return %x : ${two} }) : (${two}, ${two}) -> ${two}`,
    ),
    'stablehlo/regions',
  ],
  'an operand of another type than told': [
    main(`%r = "stablehlo.add"(%x, %y) : (${two}, tensor<3xf32>) -> ${two}`),
    'stablehlo/value-type',
  ],
  'types for more operands than there are': [
    main(`%r = "stablehlo.add"(%x, %y) : (${two}, ${two}, ${two}) -> ${two}`),
    'stablehlo/value-type',
  ],
  'types for more results than there are': [
    main(`%r = "stablehlo.add"(%x, %y) : (${two}, ${two}) -> (${two}, ${two})`),
    'stablehlo/results',
  ],
  'a result of another type than the function gives': [
    `func.func @main(%x: ${two}) -> tensor<3xf32> {\nreturn %x : ${two}\n}`,
    'stablehlo/value-type',
  ],
  'a call with an argument of another type': [
    `func.func @main(%x: ${two}) -> ${two} {
%r = call @f(%x) : (${two}) -> ${two}\nreturn %r : ${two}\n}
func.func private @f(%x: tensor<2xf64>) -> ${two} {
%r = stablehlo.convert %x : (tensor<2xf64>) -> ${two}\nreturn %r : ${two}\n}`,
    'stablehlo/value-type',
  ],
  'a loop variable of another type': [
    main(`%r = "stablehlo.while"(%x) ({
^bb0(%a: tensor<2xf64>):
  %c = stablehlo.constant dense<false> : tensor<i1>
  stablehlo.return %c : tensor<i1>
}, {
^bb0(%a: ${two}):
  stablehlo.return %a : ${two}
}) : (${two}) -> ${two}`),
    'stablehlo/value-type',
  ],
};

describe('refused', () => {
  test.each(Object.entries(cases))('%s', (_, [text, code]) => {
    expect(importCode(text)).toBe(code);
  });
});
