/** The generators of `npm run cross:xla`: every instance is a module that verifies and reads back. */
import { describe, expect, it } from 'vitest';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { type Opcode, opTable } from '../../graphs/ops/table.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { runReference } from '../../validator/reference/run.ts';
import { instanceOf } from './generators.ts';
import { inputsOf } from './inputs.ts';

const opcodes = Object.keys(opTable) as Opcode[];
const drawn = opcodes.filter((opcode) => instanceOf(1, opcode, 0));

describe('generators', () => {
  it('draw instances of most opcodes', () => {
    expect(drawn.length).toBeGreaterThan(opcodes.length * 0.8);
  });

  it.each(drawn)('%s', (opcode) => {
    for (let index = 0; index < 6; index++) {
      const instance = instanceOf(7, opcode, index)!;
      const text = printModule(instance.module);
      expect(verifyModule(instance.module), text).toEqual([]);
      expect(printModule(parseModule(text))).toBe(text);
      expect(
        outcome(() => runReference(instance.module, inputsOf(instance, 7, opcode, index))),
      ).toBe('ran');
    }
  });

  it('are the same for the same seed', () => {
    const text = (seed: number) => printModule(instanceOf(seed, 'convolution', 3)!.module);
    expect(text(5)).toBe(text(5));
    expect(text(5)).not.toBe(text(6));
  });
});

/** `ran`, also where the reference says that it does not support the instance; else the error. */
function outcome(run: () => unknown): string {
  try {
    run();
    return 'ran';
  } catch (error) {
    const unsupported = error instanceof AssayError && error.diagnostic.code === 'run/unsupported';
    return unsupported ? 'ran' : String(error);
  }
}
