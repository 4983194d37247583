/** The cases that a dumped module is run on: what was recorded beside it, and generated ones. */
import { defaultCases, type GoldenCase, generateCase } from '../../golden/cases.ts';
import { type CaseKind, defaultKinds } from '../../golden/kinds/kinds.ts';
import { entryOf, type Module, parametersOf } from '../../graphs/ir/module.ts';
import { type Shape, sameShape } from '../../graphs/ir/shape.ts';
import { type Tensor, token, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { type SessionCase, sessionCase } from '../validation/case.ts';
import { sameBits } from '../verdict/judge.ts';

/** Kinds of golden inputs, and `recorded`: the inputs that lie beside the dump. */
export type DumpCaseKind = CaseKind | 'recorded';

/** What runs unless `--cases` says otherwise. */
export const defaultDumpKinds: readonly DumpCaseKind[] = ['recorded', ...defaultKinds];

/** Which cases are asked for, and what was recorded. */
export interface CaseRequest {
  readonly kinds: readonly DumpCaseKind[];
  /** True where kinds that the ops of the module ask for are added. */
  readonly isDefault?: boolean;
  readonly seed: number;
  /** Recorded inputs, in the order of the leaves of the parameters. */
  readonly recorded?: readonly Tensor[] | undefined;
}

/** The recorded case first, if its tensors fit; kinds that only repeat an earlier case are left out. */
export function casesFor(module: Module, request: CaseRequest): SessionCase[] {
  const { seed, recorded, isDefault = false } = request;
  const kinds = request.kinds;
  const cases: SessionCase[] = [];
  const inputs = recorded && kinds.includes('recorded') && recordedInputs(module, recorded);
  if (inputs) cases.push({ name: 'recorded', inputs, options: '--cases recorded' });
  const asked = kinds.filter((kind): kind is CaseKind => kind !== 'recorded');
  const generated: readonly GoldenCase[] = isDefault
    ? defaultCases(module, seed)
    : asked.map((kind) => generateCase(module, kind, seed));
  for (const golden of generated) {
    const again = cases.some((c) => golden.inputs.every((v, n) => sameBits(v, c.inputs[n]!)));
    if (!again) cases.push(sessionCase(golden));
  }
  return cases;
}

/** Recorded tensors as the values of a module's parameters; undefined where they do not fit. */
export function recordedInputs(module: Module, tensors: readonly Tensor[]): Value[] | undefined {
  return assembled(
    parametersOf(entryOf(module)).map((p) => p.shape),
    tensors,
  );
}

/** Recorded tensors as a value of a shape; undefined where they do not fit. */
export function recordedValue(shape: Shape, tensors: readonly Tensor[]): Value | undefined {
  return assembled([shape], tensors)?.[0];
}

function assembled(shapes: readonly Shape[], tensors: readonly Tensor[]): Value[] | undefined {
  const rest = [...tensors];
  const build = (shape: Shape): Value | undefined => {
    if (shape.kind === 'tuple') {
      const elements = shape.elements.map(build);
      return elements.every((e) => e !== undefined) ? tupleValue(elements) : undefined;
    }
    const array = shape.kind === 'buffer' ? shape.array : shape;
    if (array.kind !== 'array') return token;
    const next = rest.shift();
    return next && sameShape(next.shape, array) ? next : undefined;
  };
  const values = shapes.map(build);
  return rest.length === 0 && values.every((v) => v !== undefined) ? values : undefined;
}
