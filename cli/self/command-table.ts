/**
 * The commands: what each does in one line, how it is used, and where it lies. A command's file, and
 * with it the engine that it runs, is loaded when the command line names it.
 */
import type { CommandRow } from '../command.ts';

/** All commands, in the order of the help. */
export const commandTable: readonly CommandRow[] = [
  {
    name: 'validate',
    summary: 'judge every pass of every pipeline on golden inputs; the zoo unless told otherwise',
    examples: [
      ['assay validate', 'the zoo through the pipelines of all backends'],
      ['assay validate model.onnx --backend cpu', 'one model through one pipeline'],
      ["assay validate model.hlo --through './my-pass'", 'a program of yours as the pass'],
    ],
    load: async () => (await import('../commands/validate.ts')).addValidate,
  },
  {
    name: 'compare',
    summary: 'hold one module against another on the same inputs',
    examples: [
      ['assay compare before.hlo after.hlo', 'the same but for the order of sums'],
      ["assay compare a.mlir b.hlo --contract 'narrows(bf16)'", 'b may compute in bf16'],
    ],
    load: async () => (await import('../commands/compare.ts')).addCompare,
  },
  {
    name: 'check',
    summary: 'is this output right? hold a result against the budget of its model',
    examples: [
      ['assay check model.onnx --inputs in.safetensors --outputs out.npy', 'of any runtime'],
    ],
    load: async () => (await import('../commands/check.ts')).addCheck,
  },
  {
    name: 'bisect',
    summary: 'who broke it: the version of a toolchain, and the optimisers in it',
    examples: [
      [
        'assay bisect auto model.onnx --toolchain onnxruntime-node',
        'version, optimisers, smallest model, test',
      ],
      [
        'assay bisect versions model.onnx --toolchain onnxruntime-node --from 1.17.3',
        'the versions alone',
      ],
    ],
    load: async () => (await import('../commands/bisect.ts')).addBisect,
  },
  {
    name: 'dump',
    summary: 'judge the passes of XLA from a dump made with --xla_dump_hlo_pass_re=.*',
    examples: [
      ['assay dump dump', 'every module, every pass'],
      ['assay dump dump --module jit_step --explain', 'one module; what stayed open, and why'],
    ],
    load: async () => (await import('../commands/dump.ts')).addDump,
  },
  {
    name: 'conformance',
    summary: 'hold the reference against a suite that others wrote',
    examples: [['assay conformance hlo folder/', 'any folder of HLO text as an exam']],
    load: async () => (await import('../commands/conformance.ts')).addConformance,
  },
  {
    name: 'golden',
    summary: 'inputs and results of graphs, recorded in a folder and held against them later',
    examples: [
      ['assay golden record model.onnx --out goldens', 'record'],
      ['assay golden verify goldens', 'still as recorded, and of these graphs?'],
    ],
    load: async () => (await import('../commands/golden.ts')).addGolden,
  },
  {
    name: 'gate',
    summary: 'may this toolchain ship? graphs through it, and its outputs against their budgets',
    examples: [
      ['assay gate model.onnx --toolchain onnxruntime-node@1.30.0', 'one version'],
      [
        'assay gate --goldens goldens --toolchain onnxruntime-node@1.30.0 --baseline onnxruntime-node@1.29.0 --sarif gate.sarif',
        'an upgrade, in CI',
      ],
    ],
    load: async () => (await import('../commands/gate.ts')).addGate,
  },
  {
    name: 'parse',
    summary: 'check the syntax and the constraints of HLO text, StableHLO, ONNX and tfjs files',
    examples: [
      ['assay parse *.hlo', 'syntax and constraints'],
      ['assay parse folder/ --roundtrip', 'also print, parse again, compare'],
    ],
    load: async () => (await import('../commands/parse.ts')).addParse,
  },
  {
    name: 'run',
    summary: 'run a module and print its results',
    examples: [
      ['assay run model.hlo --inputs in.safetensors', 'by the reference, to the bit'],
      ['assay run model.onnx --mode exact', 'exact values, each with ±likely/worst'],
    ],
    load: async () => (await import('../commands/run.ts')).addRun,
  },
  {
    name: 'reduce',
    summary: 'the smallest graph and inputs on which a pass still does the same wrong',
    examples: [
      ['assay reduce model.hlo --backend cpu --out smallest', 'of a pipeline'],
      ['assay reduce model.onnx --toolchain onnxruntime-node@1.26.0', 'of an outside compiler'],
    ],
    load: async () => (await import('../commands/reduce.ts')).addReduce,
  },
  {
    name: 'promote',
    summary: 'findings of a report as unit tests: red as long as they stand',
    examples: [['assay promote report.json --out test/findings', 'what --json printed']],
    load: async () => (await import('../commands/promote.ts')).addPromote,
  },
  {
    name: 'convert',
    summary: 'write a module in another format',
    examples: [
      ['assay convert model.onnx model.hlo', 'as HLO text'],
      ['assay convert model.hlo model.dot', 'as a drawing'],
    ],
    load: async () => (await import('../commands/convert.ts')).addConvert,
  },
  {
    name: 'toolchain',
    summary: 'compilers under test: add, list and remove versions in the cache',
    examples: [
      ['assay toolchain versions onnxruntime-node', 'what can be had'],
      ['assay toolchain add onnxruntime-node@1.30.0', 'install one into the cache'],
    ],
    load: async () => (await import('../commands/toolchain.ts')).addToolchain,
  },
  {
    name: 'list',
    summary: 'what there is: backends, passes, pipelines, contracts, kinds, zoo, flags, formats',
    examples: [
      ['assay list kinds', 'the kinds of generated inputs, and what each is for'],
      ['assay list passes --json', 'every pass of the pipelines, with its contract'],
    ],
    load: async () => (await import('../commands/list.ts')).addList,
  },
  {
    name: 'explain',
    summary: 'what a word of a report, a contract, a kind or an error code means',
    examples: [
      ['assay explain suspect', 'a verdict'],
      ["assay explain '±A/B'", 'what stands behind a number of run --mode exact'],
      ['assay explain parse/unknown-opcode', 'the code at the end of an error'],
    ],
    load: async () => (await import('../commands/explain.ts')).addExplain,
  },
];
