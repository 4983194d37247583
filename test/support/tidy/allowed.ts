/**
 * What stands against the house rules today, and is to go: tidy.test.ts fails on an offender that
 * is not listed here, and on an entry that offends no more. Lists only shrink.
 */

/** Circles of imports of values, each sorted by path: none, and none to come. */
export const allowedCircles: readonly (readonly string[])[] = [];

/**
 * Rooms of validator/ in the order in which they may import values of each other: a room takes
 * from those before it. Types may come from anywhere.
 */
export const validatorFloors: readonly string[] = [
  'semantics',
  'limits',
  'reference',
  'devices',
  'exact',
  'sampling',
  'verdict',
  'localization',
  'findings',
  'effects',
  'coverage',
  'validation',
  'dump',
  'goldens',
  'search',
  'reduce',
  'toolchains',
  'report',
  'conformance',
  'vitest',
  'index.ts',
];

/** Imports against that order. */
export const allowedDescents: readonly string[] = [
  'validator/coverage/bodies.ts -> validator/validation/states.ts',
  'validator/coverage/judge-bodies.ts -> validator/validation/case.ts',
  'validator/limits/memory.ts -> validator/reference/live-values.ts',
  'validator/localization/regions.ts -> validator/effects/acts.ts',
  'validator/localization/values.ts -> validator/effects/host.ts',
  'validator/sampling/confirm.ts -> validator/verdict/judge.ts',
  'validator/verdict/exact-subject.ts -> validator/effects/host.ts',
];

/** Functions, and types of functions, with more than seven positional parameters. */
export const allowedWideFunctions: readonly string[] = [
  'validator/exact/elementwise/arithmetic-kernels.ts Kernel',
  'validator/exact/elementwise/arithmetic-kernels.ts sumKernel',
  'validator/exact/elementwise/arithmetic-kernels.ts productKernel',
  'validator/exact/elementwise/arithmetic-kernels.ts quotient',
  'validator/exact/elementwise/arithmetic-kernels.ts extremum',
  'validator/exact/elementwise/differentiable-kernel.ts differentiableKernel',
  'validator/exact/elementwise/select.ts pickLoop',
  'validator/exact/folds/window-extrema.ts certain',
  'validator/exact/folds/window-extrema.ts uncertain',
  'validator/reference/fast/depthwise-f32.ts fourFeatures',
];
