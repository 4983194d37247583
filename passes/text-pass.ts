/**
 * A pass that works on text: HLO in, HLO out. This is how a compiler of any language becomes a pass:
 * a program that reads standard input, a service, or a function over strings.
 */
import type { Contract } from '../graphs/ir/contract.ts';
import { AssayError, type Diagnostic } from '../graphs/ir/diagnostic.ts';
import { parseModule } from '../graphs/text/parser.ts';
import { printModule } from '../graphs/text/printer.ts';
import type { Pass } from './pipeline/pass.ts';

/**
 * A pass made of a function from a module's text to the text of the module that it becomes. The
 * text that it is given prints back to itself, so a function that changes nothing returns it as it is.
 *
 * What the function throws, and text that does not parse, break the pass at that step
 * (`PipelineRun.broken`): `pass/text` where the text is no HLO, with its line.
 */
export function textPass(
  name: string,
  contract: Contract,
  rewrite: (hlo: string) => string,
  summary = 'a pass over text',
): Pass {
  return {
    ...{ name, contract, summary },
    run: (module) => {
      const text = printModule(module);
      const made = rewrite(text);
      if (made === text) return { module, changed: false, replacements: [] };
      return { module: parsedBack(made, name), changed: true, replacements: [] };
    },
  };
}

function parsedBack(text: string, name: string) {
  if (text.trim() === '') throw noHlo({ code: 'pass/text', message: 'it gave no text at all' });
  try {
    return parseModule(text, { file: `what ${name} gave` });
  } catch (error) {
    if (error instanceof AssayError) throw noHlo(error.diagnostic);
    throw error;
  }
}

function noHlo({ message, file, position }: Diagnostic): AssayError {
  const place = file && position ? `${file}, line ${position.line}: ` : '';
  return new AssayError({ code: 'pass/text', message: `${place}${message}` });
}
