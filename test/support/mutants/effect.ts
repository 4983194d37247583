/**
 * Whether a mutation changes a result, measured without the judge: the reference's outputs of the
 * mutated state against those of the same state unmutated. A change is real where it is more than 64 unit
 * roundoffs of the output's type and more than 64 times what the states around it, and runs
 * of the same state with random rounding, differ by at the same element.
 */
import { elementTypes, isComplex, isFloat, unitRoundoff } from '../../../graphs/ir/element-type.ts';
import type { Module } from '../../../graphs/ir/module.ts';
import type { Tensor } from '../../../graphs/ir/tensor.ts';
import type { Outputs, Program } from './program.ts';

export type Effect = 'none' | 'tiny' | 'real';

/** How many times the noise a change must be. */
const factor = 64;
const seeds = [11, 12, 13];

/** The largest effect over all cases, and the first place where it is seen. */
export function effectOf(
  program: Program,
  state: number,
  mutated: Module,
): { readonly effect: Effect; readonly where: string } {
  const plain = program.outputs(state);
  const around = [state - 1, state + 1].filter((s) => s >= 0 && s < program.states.length);
  const noise = [
    ...around.map((s) => program.outputs(s)),
    ...seeds.map((seed) => program.outputs(state, { seed })),
  ];
  let effect: Effect = 'none';
  for (const [n, outputs] of program.run(mutated).entries()) {
    const [found, place] = compare(
      outputs,
      plain[n],
      noise.map((runs) => runs[n]),
    );
    if (found === 'real') return { effect: found, where: `${program.cases[n].name} ${place}` };
    if (found === 'tiny') effect = 'tiny';
  }
  return { effect, where: '' };
}

/** True where two modules differ by more than 64 unit roundoffs on a case. */
export function differ(program: Program, a: Module, b: Module): boolean {
  const [was, is] = [program.run(a), program.run(b)];
  return is.some((outputs, n) => compare(outputs, was[n], [])[0] === 'real');
}

function compare(mutated: Outputs, plain: Outputs, noise: readonly Outputs[]): [Effect, string] {
  if (!plain) return ['none', ''];
  if (!mutated) return ['real', 'it no longer runs'];
  let effect: Effect = 'none';
  for (const [k, t] of plain.entries()) {
    const others = noise.flatMap((run) => (run?.[k] ? [run[k]] : []));
    for (let i = 0; i < t.data.length; i++) {
      const [was, is] = [t.data[i], mutated[k].data[i]];
      if (was === is || (Number.isNaN(was) && Number.isNaN(is))) continue;
      if (isReal(t, i, Number(is), others)) return ['real', `output ${k} [${i}]: ${was} to ${is}`];
      effect = 'tiny';
    }
  }
  return [effect, ''];
}

/** True where a new value of an element is neither rounding nor what other runs show. */
function isReal(t: Tensor, i: number, is: number, others: readonly Tensor[]): boolean {
  const { type } = t.shape;
  const was = Number(t.data[i]);
  const seen = others.map((o) => Number(o.data[i]));
  const number = (isFloat(type) || isComplex(type)) && Number.isFinite(was) && Number.isFinite(is);
  if (!number) return seen.every((v) => Object.is(v, was));
  const spread = Math.max(0, ...seen.map((v) => Math.abs(v - was)));
  const part = type === 'c64' ? 'f32' : type === 'c128' ? 'f64' : type;
  const least = 2 ** (elementTypes[part].format?.minExponent ?? 0);
  const rounding = unitRoundoff(part) * Math.max(Math.abs(was), least);
  return Math.abs(is - was) > factor * (rounding + spread);
}
