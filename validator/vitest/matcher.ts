/** `expect(result).toStayWithin(budget)`: a result from anywhere against a derived budget. */
import type {} from 'vitest';
import { type Contract, printContract } from '../../graphs/ir/contract.ts';
import type { Module } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { judgeResult } from '../validation/judge-result.ts';
import { isFinding } from '../verdict/verdict.ts';

/** What a result is held against: the module that it should be the result of, on these inputs. */
export interface Budget {
  readonly module: Module;
  readonly inputs: readonly Value[];
  readonly contract: Contract;
}

/** What `toStayWithin` takes; the budget itself is derived when a result is held against it. */
export function budgetOf(module: Module, inputs: readonly Value[], contract: Contract): Budget {
  return { module, inputs, contract };
}

/** The matcher, for `expect.extend({ toStayWithin })`. */
export function toStayWithin(received: Value, { module, inputs, contract }: Budget) {
  const judgement = judgeResult(module, received, inputs, { contract });
  const { verdict, worst, outside } = judgement;
  return {
    pass: !isFinding(verdict),
    message: () => {
      const promise = `the budget of ${module.name} under contract ${printContract(contract)}`;
      if (!worst) return `the result is identical to the reference of ${module.name}`;
      const place = `output ${worst.output}[${worst.index}]`;
      const numbers = `got ${worst.after}, reference ${worst.before}, exact ${worst.exact}`;
      return (
        `${verdict}: ${outside} elements outside ${promise}; the worst at ${place}: ${numbers}, ` +
        `budget ${worst.budget}, budget use ${worst.budgetUse}`
      );
    },
  };
}

interface StayWithin<R> {
  /** Passes if every element lies inside the budget derived from the module and the inputs. */
  toStayWithin(budget: Budget): R;
}

/** The matcher on `expect(result)`, in vitest 3 (Assertion) and from 3.2 on (Matchers). */
declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: vitest declares the interface with this parameter.
  interface Assertion<T = any> extends StayWithin<T> {}
  // biome-ignore lint/suspicious/noExplicitAny: vitest declares the interface with this parameter.
  interface Matchers<T = any> extends StayWithin<T> {}
}
