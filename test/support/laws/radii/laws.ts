/** Laws of the radii over the whole op table, on random instances, inputs of every golden kind and radii. */
import { generateCase } from '../../../../golden/cases.ts';
import { isFloat } from '../../../../graphs/ir/element-type.ts';
import { entryOf, type Module } from '../../../../graphs/ir/module.ts';
import type { Value } from '../../../../graphs/ir/tensor.ts';
import type { Opcode } from '../../../../graphs/ops/table.ts';
import { printModule } from '../../../../graphs/text/printer.ts';
import { fromPlainValue } from '../../../../validator/exact/run.ts';
import { runReference } from '../../../../validator/reference/run.ts';
import { moved, uncertain, widerThan } from '../draws.ts';
import { type Draw, judged, type Law, type Outcome } from '../law.ts';
import { isOnLattice, movedRadii, unsharedRadii } from '../special-inputs.ts';
import { type Kind, lawTable } from '../table.ts';
import { outside, shrunk, uncertainElement } from './hold.ts';

const isDrawn = (opcode: Opcode) => !('none' in lawTable[opcode]);

const isOf =
  (...kinds: Kind[]) =>
  (opcode: Opcode) => {
    const row = lawTable[opcode];
    return !('none' in row) && kinds.includes(row.kind);
  };

export const radiusLaws: readonly Law[] = [
  {
    name: 'reference',
    says: 'the reference is inside the radii',
    runs: 10,
    applies: isDrawn,
    hold: ({ reference, exact }) => judged(exact, outside(reference, exact, 'both')),
  },
  {
    name: 'moved',
    says: 'inputs anywhere inside their radii give results inside the radii, or undecided ones',
    runs: 8,
    applies: isDrawn,
    hold: movedInputs,
  },
  {
    name: 'monotone',
    says: 'wider inputs give no narrower radius, and decide nothing',
    runs: 8,
    applies: isDrawn,
    hold: widerInputs,
  },
  {
    name: 'none',
    says: 'moved and chosen elements have no radii without those of the inputs',
    runs: 10,
    applies: isOf('moves', 'selects'),
    hold: withoutRadii,
  },
  {
    name: 'lattice',
    says: 'what is linear has no radii on lattices',
    runs: 30,
    applies: isOf('linear'),
    hold: onLattices,
  },
  {
    name: 'carried',
    says: 'radii go where the data go',
    runs: 10,
    applies: isOf('moves'),
    hold: carriedRadii,
  },
];

function movedInputs(draw: Draw): Outcome {
  const given = uncertain(draw.inputs, draw.salt);
  const exact = draw.exactOn(given);
  const at = (how: 'corners' | 'independent') =>
    runReference(draw.module, moved(given, draw.inputs, how, draw.salt));
  const wrong =
    outside(draw.reference, exact, 'both') ??
    outside(at('corners'), exact, 'bound') ??
    outside(at('independent'), exact, 'both');
  return judged(exact, wrong);
}

/** Formulas inside which errors are shared: two that cancelled need not when one of them grows. */
const withSharedErrors = new Set<Opcode>([
  'ragged-dot',
  'scaled-dot',
  'fft',
  'cholesky',
  'triangular-solve',
  'batch-norm-training',
  'batch-norm-inference',
  'batch-norm-grad',
  'reduce',
  'reduce-window',
  'select-and-scatter',
]);

/**
 * Ops that choose: where the choice is open and the branches are apart, the result is undecided; where
 * wider intervals meet, it is decided, and its radius covers both.
 */
const withHulls = new Set<Opcode>(['select', 'ragged-dot', 'reduce', 'stochastic-convert']);

function widerInputs(draw: Draw): Outcome {
  const narrow = unsharedRadii(uncertain(draw.inputs, draw.salt));
  const wide = widerThan(narrow, draw.salt);
  const [a, b] = [narrow, wide].map((x) => draw.exactOn(x));
  const rules = { decides: withHulls.has(draw.opcode) };
  const radii = withSharedErrors.has(draw.opcode) ? 'bound' : 'both';
  return judged(b, shrunk(draw.exact, a, 'bound', rules) ?? shrunk(a, b, radii, rules));
}

/** f8e8m0fnu has no zero and no sign: hardly any result is one of its numbers. */
const hasScaleType = (module: Module) => printModule(module).includes('f8e8m0fnu');

/** Lattices, on which no target takes a number for zero; what only moves may be anything. */
function withoutRadii(draw: Draw): Outcome {
  const exact = isOf('moves')(draw.opcode) ? draw.exact : undefined;
  if (exact) return certain(uncertainElement(exact));
  if (hasScaleType(draw.module)) return 'other';
  const chosen = lattice(draw);
  runReference(draw.module, chosen);
  return certain(uncertainElement(draw.exactOn(chosen.map(fromPlainValue))));
}

function onLattices(draw: Draw): Outcome {
  const chosen = lattice(draw);
  if (!isOnLattice(draw.module, chosen)) return 'other';
  return certain(uncertainElement(draw.exactOn(chosen.map(fromPlainValue))));
}

function lattice({ module, given, salt }: Draw): Value[] {
  return generateCase(module, 'lattice', salt).inputs.map((value, k) => given[k] ?? value);
}

function carriedRadii(draw: Draw): Outcome {
  if (hasScaleType(draw.module)) return 'other';
  if (entryOf(draw.module).instructions.some((i) => i.opcode === 'convert')) return 'other';
  const radii = movedRadii(draw.inputs, draw.salt);
  const exact = draw.exactOn(radii.exact);
  return certain(radii.differ(exact, runReference(draw.module, radii.asData), isFloat));
}

function certain(wrong: string | undefined): Outcome {
  return wrong === undefined ? 'held' : { wrong };
}
