/**
 * A module while it is lowered: functions become computations when something calls them, once for
 * each tuple of argument shapes. Recursion is refused, since HLO has none.
 */

import { type ComputationBuilder, ModuleBuilder } from '../../../build/builder.ts';
import { ownOf } from '../../../ir/by-name.ts';
import { AssayError, fail, type Position } from '../../../ir/diagnostic.ts';
import type { Instruction } from '../../../ir/module.ts';
import type { Shape } from '../../../ir/shape.ts';
import { printShape } from '../../../text/shape-text.ts';
import { shellWord } from '../../../text/shell-word.ts';
import type { Func, MlirModule, QuantizedType } from '../parse/ast.ts';
import { checkTypes } from '../parse/signatures.ts';
import type { LoweringRows } from './op-context.ts';
import { Scope } from './scope.ts';
import { numbersOf } from './shape-values.ts';
import { isDynamic, shapeOfType, typeText } from './shapes.ts';

/** Calls may be nested this deep. */
const maxCallDepth = 100;

/** Computations that one module may grow to, so that calls cannot multiply without bound. */
const maxComputations = 20_000;

/** Instructions that one run may execute through calls alone. */
const maxExecuted = 1e8;

/** A function as it was lowered for some shapes, and what its callers may know of it. */
export interface Callee {
  readonly computation: string;
  /** Instructions that a call executes, those of its callees included. */
  readonly cost: number;
  readonly results: number;
  /** The ops that compute the results, by name; quantisation of the results. */
  readonly origins: readonly (string | undefined)[];
  readonly quantized: readonly (QuantizedType | undefined)[];
  /** Results that are known integers. */
  readonly numbers: readonly (readonly number[] | undefined)[];
}

/** What a function is lowered for: what is known of each of its arguments. */
interface Arguments {
  readonly shapes: readonly Shape[];
  readonly quantized: readonly (QuantizedType | undefined)[];
  readonly numbers: readonly (readonly number[] | undefined)[];
}

/** True for a function whose sizes its arguments may decide. */
function isOpen({ args, results }: Func): boolean {
  const types = [...args.map((arg) => arg.type), ...results];
  return types.some((type) => type.kind === 'tensor' && isDynamic(type));
}

/** All functions of a module and what became of them. */
export class Program {
  readonly builder: ModuleBuilder;
  readonly rows: LoweringRows;
  /** Name of the entry computation, once it is lowered. */
  entryName = '';
  /** Whether the user fixed sizes, so that functions of sizes alone are followed. */
  private refined = false;
  private readonly observed: Instruction[] = [];
  /** Name of the op that computes each observed value. */
  readonly observedOrigins: (string | undefined)[] = [];
  private readonly source: MlirModule;
  private readonly callees = new Map<string, Callee>();
  private readonly active = new Set<string>();
  private readonly names = new Set<string>();
  /** The number that a stem was last given. */
  private readonly numbers = new Map<string, number>();

  constructor(source: MlirModule, rows: LoweringRows) {
    this.source = source;
    this.rows = rows;
    this.builder = new ModuleBuilder(source.name || 'stablehlo');
  }

  functionOf(name: string, position: Position): Func {
    const found = this.source.functions.get(name);
    if (!found) return fail('stablehlo/no-function', `there is no function @${name}`, { position });
    if (!found.body) {
      const message = `@${name} is only declared; its body is needed`;
      return fail('stablehlo/unsupported-declaration', message, { position });
    }
    return found;
  }

  /** The computation of a function for arguments of these shapes. */
  callee(name: string, args: readonly Instruction[], scope: Scope, position: Position): Callee {
    const quantized = args.map((a) => scope.quantizedOf(a));
    const shapes = args.map((a) => a.shape);
    const open = this.refined || isOpen(this.functionOf(name, position));
    const known = args.map((a) => (open ? numbersOf(scope, a) : undefined));
    const decide = isOpen(this.functionOf(name, position)) || known.every((n) => n !== undefined);
    const numbers = known.map((n) => (decide ? n : undefined));
    return this.computationOf(name, { shapes, quantized, numbers }, position);
  }

  /** The computation of a function for arguments of the types that it declares. */
  declaredCallee(name: string, position: Position): string {
    const { args } = this.functionOf(name, position);
    const shapes = args.map(({ type }) => {
      const message = `@${name} takes ${typeText(type)}; its arguments must be static arrays`;
      return shapeOfType(type) ?? fail('stablehlo/unsupported-type', message, { position });
    });
    const quantized = args.map(({ type }) => (type.kind === 'tensor' ? type.quantized : undefined));
    const numbers = args.map(() => undefined);
    return this.computationOf(name, { shapes, quantized, numbers }, position).computation;
  }

  private computationOf(name: string, given: Arguments, position: Position): Callee {
    const { shapes, quantized, numbers } = given;
    const values = numbers.map((n) => n?.join(' ') ?? '').join();
    const key = `${name}(${shapes.map((shape) => printShape(shape, false)).join()})(${values})`;
    const known = quantized.some(Boolean) ? undefined : this.callees.get(key);
    if (known) return known;
    if (this.active.has(name)) {
      fail('stablehlo/recursion', `@${name} calls itself; HLO has no recursion`, { position });
    }
    if (this.active.size >= maxCallDepth) {
      fail('stablehlo/too-deep', `calls nested more than ${maxCallDepth} deep`, { position });
    }
    this.active.add(name);
    const made = this.lowerFunction(this.functionOf(name, position), given);
    this.active.delete(name);
    this.callees.set(key, made);
    return made;
  }

  private lowerFunction(func: Func, { shapes, quantized, numbers }: Arguments): Callee {
    if (shapes.length !== func.args.length) {
      const message = `@${func.name} takes ${func.args.length} arguments, not ${shapes.length}`;
      fail('stablehlo/arguments', message, { position: func.position });
    }
    const types = func.args.map((arg) => arg.type);
    checkTypes(`@${func.name}: argument`, types, shapes, func.position);
    let callee: Callee | undefined;
    const computation = this.freshName(func.name);
    this.computation(computation, (b) => {
      const scope = new Scope(this, b);
      func.args.forEach((arg, i) => {
        const parameter = scope.parameter(arg.name, shapes[i]!);
        scope.quantize(parameter, quantized[i]);
        if (numbers[i]) scope.numbers.set(parameter.id, numbers[i]);
        scope.bind(arg.name, [parameter], func.position);
      });
      const results = scope.lowerBlock(func.body!.ops, func.position);
      checkTypes(
        `@${func.name}: result`,
        func.results,
        results.map((r) => r.shape),
        func.position,
      );
      const origins = results.map((r) => scope.originOf(r));
      const kept = results.map((r) => scope.quantizedOf(r));
      const { cost } = scope;
      if (cost > maxExecuted) {
        const message = `@${func.name} calls functions that call functions … too many times over`;
        fail('stablehlo/too-large', message, { position: func.position });
      }
      const decided = numbers.some(Boolean) ? results.map((r) => numbersOf(scope, r)) : [];
      const told = { origins, quantized: kept, numbers: decided };
      callee = { computation, cost, results: results.length, ...told };
      return results.length === 1 ? results[0]! : scope.emit('tuple', results);
    });
    return callee!;
  }

  /** Lowers the entry function; the root holds its results, then what was observed. */
  lowerEntry(func: Func, refine: Readonly<Record<string, readonly number[]>>): number {
    let count = 0;
    this.refined = Object.keys(refine).length > 0;
    this.active.add(func.name);
    this.entryName = this.freshName(func.name);
    this.computation(this.entryName, (b) => {
      const scope = new Scope(this, b, true);
      for (const [i, arg] of func.args.entries()) {
        const shape = this.parameterShape(func, i, refine);
        const parameter = scope.parameter(arg.name, shape);
        if (arg.type.kind === 'tensor') scope.quantize(parameter, arg.type.quantized);
        scope.bind(arg.name, [parameter], func.position);
      }
      const results = scope.lowerBlock(func.body!.ops, func.position);
      checkTypes(
        `@${func.name}: result`,
        func.results,
        results.map((r) => r.shape),
        func.position,
      );
      count = results.length;
      const all = [...results, ...this.observed];
      return all.length === 1 ? all[0]! : scope.emit('tuple', all);
    });
    return count;
  }

  /** Asks for a value of the entry function as a further output; gives its number. */
  observe(value: Instruction, scope: Scope, position: Position): number {
    if (!scope.isEntry) {
      const message = 'checks are supported in the entry function only';
      fail('stablehlo/unsupported-check', message, { position });
    }
    this.observed.push(value);
    this.observedOrigins.push(scope.originOf(value));
    return this.observed.length - 1;
  }

  private parameterShape(
    func: Func,
    index: number,
    refine: Readonly<Record<string, readonly number[]>>,
  ): Shape {
    const { name, type } = func.args[index]!;
    const given = [name, `%${name}`, `arg${index}`].map((n) => ownOf(refine, n)).find(Boolean);
    if (type.kind === 'tensor' && given) {
      const fits = given.length === type.dims.length;
      if (!fits || !type.dims.every((d, i) => d === -1 || d === given[i])) {
        const message = `%${name} is ${typeText(type)}; the shape ${given.join()} does not refine it`;
        fail('stablehlo/refine', message, { position: func.position });
      }
      return { kind: 'array', type: type.type, dims: given };
    }
    const shape = shapeOfType(type);
    if (shape) return shape;
    const remedy = `fix it with --refine ${shellWord(`${name}=SHAPE`)}`;
    const dynamic = type.kind === 'tensor';
    const message = `%${name} has ${dynamic ? 'the dynamic' : 'the unsupported'} type ${typeText(type)}`;
    const code = `stablehlo/unsupported-${dynamic ? 'dynamic-shape' : 'type'}` as const;
    return fail(code, dynamic ? `${message}; ${remedy}` : message, { position: func.position });
  }

  /** Builds a computation; a module that outgrows its bound is refused. */
  computation(name: string, body: (b: ComputationBuilder) => Instruction): string {
    if (this.names.size > maxComputations) {
      throw new AssayError({
        code: 'stablehlo/too-large',
        message: `more than ${maxComputations} computations`,
      });
    }
    return this.builder.computation(name, body);
  }

  /** A name for a computation, unique in the module. */
  freshName(wanted: string): string {
    const stem = wanted.replace(/[^A-Za-z0-9_.-]/g, '_').replace(/^(?![A-Za-z_])/, '_');
    let name = stem;
    let n = this.numbers.get(stem) ?? 0;
    while (this.names.has(name)) name = `${stem}.${++n}`;
    this.numbers.set(stem, n);
    this.names.add(name);
    return name;
  }
}
