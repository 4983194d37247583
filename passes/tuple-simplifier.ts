/**
 * tuple-simplifier: the rules on tuples alone, run until none fires, so that passes see the values
 * that go in and out of loops and calls. Contract: exact.
 */
import { algebraicSimplifier } from './algsimp/algsimp.ts';
import { tupleRules } from './algsimp/rules/tuple.ts';
import type { Pass } from './pipeline/pass.ts';

/** The pass. */
export const tupleSimplifier: Pass = {
  ...algebraicSimplifier(tupleRules),
  name: 'tuple-simplifier',
  summary: 'takes elements straight from where a tuple was built',
};
