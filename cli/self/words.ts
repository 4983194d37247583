/**
 * What the words of reports mean, for `assay explain`. The tables are typed by what they explain: a
 * verdict, contract or family of error codes without an explanation does not compile.
 */
import type { Contract, Declaration } from '../../graphs/ir/contract.ts';
import type { CodeFamily, ErrorCode } from '../../graphs/ir/diagnostic.ts';
import type { VerdictKind } from '../../validator/verdict/verdict.ts';

/** Each verdict. */
export const verdictWords: Readonly<Record<VerdictKind, string>> = {
  identical:
    'every element is the same to the bit (two NaNs count as the same, unless their bits are read)',
  within: 'every element lies inside its derived budget: rounding explains the difference',
  tie: 'the element hangs on a decision that lies on its threshold, and is what one of the outcomes gives',
  undecided:
    'open: the data do not decide whether this is right; it is counted, never called right, and does not change ' +
    'the exit code unless --max-undecided says so; --explain tells which decision it is',
  suspect:
    'a finding: outside the likely radius, and 33 faithful executions drawn at random did not reach it; ' +
    'rounding could do it only by a rare conspiracy; --allow-suspect lets it pass',
  beyond:
    'a finding: outside the worst radius, so no faithful execution gives it: it is not rounding',
};

/** Each kind of contract, and what may be declared beside. */
export const contractWords: Readonly<Record<Contract['kind'] | Declaration, string>> = {
  exact: 'the same value to the bit',
  reassociates: 'the same precision, another order of summation; multiply-add may fuse',
  widens: 'roundings may be skipped, but values that were one value stay one value',
  narrows: 'narrows(TYPE): may compute at TYPE',
  approximates:
    'approximates(RECALL): approximate top-k; the recall is kept, the best is never lost',
  reciprocal: '+reciprocal behind a contract: a / b may be a * (1 / b), which rounds twice',
  algebra: '+algebra behind a contract: equal over the real numbers only, as log(exp(x)) and x',
};

/** Other words of reports. */
export const otherWords: Readonly<Record<string, string>> = {
  'budget use':
    'distance from the exact value, divided by the budget: up to 1 is inside, Infinity means no budget at all',
  budget:
    'how far an element may lie from its exact value: derived from the contract, the types and the data, never set',
  open: 'undecided by the data: see undecided',
  worst:
    'the radius around the exact value that no faithful execution leaves; ±likely/worst in assay run --mode exact',
  likely:
    'one standard radius of independent roundings, as a root sum of squares; ±likely/worst in assay run --mode exact',
  '±A/B':
    'A is the likely radius of the value before it (one standard radius of its roundings), B the worst one: no faithful execution lies further away',
  exact:
    'the value in real arithmetic, as near as f64 holds it; as a contract: the same value to the bit',
  replay: 'the command line that shows a finding again: same case, same seed, same step',
  step: 'the place of a pass in its pipeline, from 0',
};

/** Each family of error codes: what went wrong, and what helps. */
export const codeFamilies: Readonly<Record<CodeFamily, string>> = {
  attr: 'an attribute that the op needs was not given to it; a pass or builder made it',
  bisect:
    'the versions or optimisers cannot be searched as asked; assay toolchain versions lists what there is',
  compare:
    'the two modules cannot be held against each other: other parameters or results, or no distribution',
  convert: 'the output cannot be written; its extension says the format (assay convert --help)',
  dump: 'the folder holds no dump of XLA that can be judged; make one with --xla_dump_hlo_pass_re=.*',
  file: 'a file cannot be read or written, is too large, or is not what its name says',
  filter: 'the program given to --through cannot be run',
  format:
    'the file has a format that is not read; the message names the command that makes one that is',
  gate: 'the command line is no gate: something to gate, or to hold it against, is missing',
  golden:
    'recorded goldens are missing, damaged, or those of another graph; assay golden record makes them anew',
  input: 'an input given by name or position is none of the module’s',
  journal: 'the journal of a search is another one’s, or damaged; name a new file',
  lowering: 'an imported model asks for a shape or type that HLO does not have',
  npy: 'the .npy file is damaged, or of a type that is not read',
  onnx: 'the ONNX model is damaged, or holds what is not read; the message names the node',
  package:
    'a package that only some uses need is not installed; the message has the command that installs it',
  parse: 'the HLO text is not well-formed at the line and column that the message names',
  pass: 'a pass broke: it threw, gave no HLO, or its program failed',
  promote: 'the report has no finding that can become a test, or its replay line tells too little',
  routing:
    'the file of a dispatcher, or a variant that it names, is not as it must be; the place in the file is told',
  reduce:
    'there is nothing to reduce: the graph does not show the fault, or has a format that cannot be written back',
  run: 'the module cannot be run: too large, without end, not supported by name, or its operands do not fit',
  safetensors: 'the safetensors file is damaged; the message names the tensor',
  shape: 'the result shape of an op does not follow from its operands and must be given',
  stablehlo:
    'the StableHLO text is damaged, or holds what is not read, at the line that the message names',
  tfjs: 'the GraphModel is damaged, or holds what is not read; the message names the node',
  toolchain:
    'a toolchain is not installed, unknown, or lacks what was asked; assay toolchain add NAME@VERSION installs',
  validate:
    'the command line asks for backends, steps, sizes or programs that do not exist or do not fit',
  verify:
    'the module violates a constraint of HLO, by the label behind the slash, at the named instruction',
  zoo: 'there is no such model of the zoo, or it cannot be built at these sizes; assay list zoo shows all',
};

/** Codes without a family. */
export const plainCodes: Readonly<Record<Exclude<ErrorCode, `${string}/${string}`>, string>> = {
  usage: 'the command line is not understood; --help of the command shows what is allowed',
  internal: 'a fault of Assay’s own; please report it with the line that replays it',
};
