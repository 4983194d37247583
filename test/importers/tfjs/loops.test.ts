/** The control flow of TF1 is refused by its name: its loops are cycles of ops, and no fault. */
import { expect, it } from 'vitest';
import { importTfjs } from '../../../graphs/importers/tfjs/import.ts';
import { tfjsModel } from '../../support/tfjs.ts';

it.each([
  ['Exit', { exit: { op: 'Exit', input: ['x'] } }],
  [
    'Exit',
    {
      enter: { op: 'Enter', input: ['x'] },
      merge: { op: 'Merge', input: ['enter', 'next'] },
      pick: { op: 'Switch', input: ['merge', 'x'] },
      next: { op: 'NextIteration', input: ['pick:1'] },
      exit: { op: 'Exit', input: ['pick'] },
    },
  ],
  [
    'Merge',
    {
      merge: { op: 'Merge', input: ['x', 'next'] },
      next: { op: 'RefNextIteration', input: ['merge'] },
      exit: { op: 'Neg', input: ['merge'] },
    },
  ],
])('%s', (op, nodes) => {
  const model = tfjsModel({ inputs: { x: [2] }, constants: {}, nodes, outputs: ['exit'] });
  expect(() => importTfjs(model)).toThrow(
    new RegExp(`${op}.*control flow and calls are not imported`),
  );
});
