/**
 * What is too large to be run is refused before anything of it is allocated: by name, with its size and
 * the option that lets it pass.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Instruction, type Module } from '../../graphs/ir/module.ts';
import { printShape } from '../../graphs/text/shape-text.ts';
import { type Bounds, type Limits, maxCallDepth, maxTaps } from './limits.ts';
import { exactWidth, inputsOf, peakOf, referenceWidth } from './memory.ts';
import { costliestOf, roundsWithin, type Work, workOf } from './work.ts';

/** What a run is for, and so what it holds. */
export interface Use {
  /** Values as written, with radii, or both of them for a verdict. */
  readonly mode: 'reference' | 'exact' | 'verdict';
  /** Sets of inputs that are alive together. */
  readonly cases: number;
}

/** Refuses, as `run/too-large`, a module that cannot keep within bounds; tells what it costs. */
export function admit(module: Module, bounds: Bounds, use: Use): Work {
  const work = admittedWork(module, bounds);
  admitMemory(module, bounds, use);
  return work;
}

/** The same of elements and work only. */
export function admittedWork(module: Module, { maxElements, maxWork }: Bounds): Work {
  const work = workOf(module);
  const { largest, largestAt, total, taps, tapsAt, calls } = work;
  if (calls > maxCallDepth) refuse(undefined, `calls nested more than ${maxCallDepth} deep`);
  if (largest > maxElements) {
    refuse(largestAt, `about ${large(largest)} elements in a value`, '--max-elements', maxElements);
  }
  if (taps > maxTaps) refuse(tapsAt, `a window of ${large(taps)} elements, more than ${maxTaps}`);
  if (total > maxWork) {
    refuse(costliestOf(module), `about ${large(total)} operations in all`, '--max-work', maxWork);
  }
  return work;
}

function admitMemory(module: Module, { maxMemory = Infinity }: Bounds, { mode, cases }: Use): void {
  const peak = peakOf(module, mode === 'reference' ? referenceWidth : exactWidth);
  const inputs = inputsOf(module, referenceWidth);
  const drawn = inputs.largest * bytesPerDrawn;
  const working = mode === 'verdict' ? sidesOfAVerdict * peak.bytes : peak.bytes;
  const need = cases * inputs.bytes + Math.max(drawn, working);
  if (need <= maxMemory) return;
  const at = peak.bytes > inputs.bytes ? peak.largest : largestParameter(module);
  refuse(at, `about ${inBytes(need)} of memory`, '--max-memory', inBytes(maxMemory));
}

/** A generated number is a double, and drawn, fitted and rounded in a list of its own each. */
const bytesPerDrawn = 24;

/** Both modules' values, and those of samples beside them. */
const sidesOfAVerdict = 2;

function largestParameter(module: Module): Instruction | undefined {
  const parameters = entryOf(module).instructions.filter((i) => i.opcode === 'parameter');
  const size = (i: Instruction) => inputsOf(onlyOf(module, i), referenceWidth).bytes;
  return parameters.reduce<Instruction | undefined>(
    (a, b) => (a && size(a) >= size(b) ? a : b),
    undefined,
  );
}

function onlyOf(module: Module, i: Instruction): Module {
  const entry = { ...entryOf(module), instructions: [i] };
  return { ...module, computations: [entry] };
}

/** The limits of a run within bounds whose loops of unknown length must end in time, too. */
export function limitsFor(module: Module, bounds: Bounds): Limits {
  const { maxElements, maxWork, maxIterations } = bounds;
  const work = admittedWork(module, bounds);
  const rounds = roundsWithin(work, maxWork, maxIterations);
  return { maxElements, maxIterations: rounds, maxTotalIterations: Number.MAX_SAFE_INTEGER };
}

function refuse(
  at: Instruction | undefined,
  has: string,
  flag?: string,
  most?: number | string,
): never {
  const what = at ? `%${at.name} (${at.opcode}) ${printShape(at.shape, false)}: ` : '';
  const limit = flag === undefined ? '' : `, more than ${flag} ${most}`;
  return fail('run/too-large', `${what}${has}${limit}`, at?.position && { position: at.position });
}

function large(n: number): string {
  return n < 2 ** 31 ? String(Math.round(n)) : n.toPrecision(2);
}

function inBytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  const k = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, n)) / 10)));
  return `${Number((n / 1024 ** k).toPrecision(3))}${units[k]}`;
}
