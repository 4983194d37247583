/** What a case remembers of its evaluations, and what it must not take for one. */
import { describe, expect, it } from 'vitest';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { Numbering, type ValueNumber } from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';
import { CaseValues } from '../../validator/localization/values.ts';

const text = (op: string) => `HloModule m
ENTRY e { x = f32[3] parameter(0)  ROOT r = f32[3] ${op} }`;
const input = tensorOf('f32', [3], [1, 2, 3]);

/** Roots of modules of one op each, on one case. */
function rootsOf(...ops: readonly string[]) {
  const numbering = new Numbering();
  const roots = ops.map((op) => flowOf(parseModule(text(op)), numbering).root);
  const [parameter] = numbering.term(roots[0]!).operands;
  return { roots, parameter: parameter!, values: new CaseValues(numbering, [input]) };
}

describe('the values of a case', () => {
  it('run an instruction on the same operands once', () => {
    const { roots, values } = rootsOf('negate(x)');
    const [n] = roots as [ValueNumber];
    const value = values.get(n);
    expect(values.run([n], new Map()).get(n)).toBe(value);
    values.retain(() => false);
    expect(values.run([n], new Map()).get(n)).not.toBe(value);
  });

  it('run an instruction again on other operands', () => {
    const { roots, parameter, values } = rootsOf('negate(x)', 'abs(x)');
    const [negate, abs] = roots as [ValueNumber, ValueNumber];
    values.get(negate);
    const other = tensorOf('f32', [3], [-4, 5, -6]);
    const run = values.run([negate, abs], new Map([[parameter, other]]));
    expect(run.get(negate)).toEqual(tensorOf('f32', [3], [4, -5, 6]));
    expect(run.get(abs)).toEqual(tensorOf('f32', [3], [4, 5, 6]));
  });

  it('do not take a value handed on for what the instruction gives', () => {
    const { roots, values } = rootsOf('negate(x)', 'abs(x)');
    const [negate, abs] = roots as [ValueNumber, ValueNumber];
    values.inherit(negate, abs);
    values.get(negate);
    values.inherit(negate, abs);
    expect(values.get(abs)).toBe(values.get(negate));
    expect(values.run([abs], new Map()).get(abs)).toEqual(input);
  });

  it('come to one value where two instructions were found to agree', () => {
    const { roots, values } = rootsOf('abs(x)', 'maximum(x, x)');
    const [abs, maximum] = roots as [ValueNumber, ValueNumber];
    const value = values.get(abs);
    values.unify(maximum, values.run([maximum], new Map()).get(maximum)!, value);
    expect(values.run([maximum], new Map()).get(maximum)).toBe(value);
  });

  it('hold what cannot be run for unknown each time it is asked for', () => {
    const { roots, values } = rootsOf('custom-call(x), custom_call_target="nobody"');
    const [call] = roots as [ValueNumber];
    values.get(call);
    values.opaque.clear();
    values.run([call], new Map());
    expect([...values.opaque.keys()]).toEqual([call]);
  });
});
