/**
 * Writes the test of a promotion: imports and one `it`, made with ts-morph so that they are a program
 * and not glued text. It is red as long as the finding stands, and green once it is mended.
 */
import { optionalPackage } from '../../graphs/ir/optional-package.ts';
import type { Promotion, Subject, ToolchainSubject } from './promotion.ts';

/** The files of a test by name, relative to its folder. */
export type TestFiles = ReadonlyMap<string, string | Uint8Array>;

/**
 * The text of the test. The same promotion gives the same text.
 *
 * @param from module that the library is imported from, `assay` for its users
 */
export async function testText(promotion: Promotion, from = 'assay'): Promise<string> {
  const { Project } = await optionalPackage(() => import('ts-morph'), 'writing a test', [
    'ts-morph@28.0.0',
  ]);
  const project = new Project({ useInMemoryFileSystem: true });
  const form = forms[promotion.subject.kind] as Form<Subject>;
  const { names, needs } = form.imports(promotion.subject);
  const imports: [string, readonly string[]][] = [
    ...needs.filter(([module]) => module.startsWith('node:')),
    ['node:fs', ['readFileSync']],
    [from, ['parseModule', 'readSafetensors', ...names]],
    ...needs.filter(([module]) => !module.startsWith('node:')),
    ['vitest', ['expect', 'it']],
  ];
  const lines = [
    header(promotion),
    ...imports.map(([module, named]) => importOf(module, [...new Set(named)].sort(byLetter))),
    '',
    ...body(promotion, form),
  ];
  const file = project.createSourceFile(`${promotion.slug}.test.ts`, lines.join('\n'));
  file.formatText({ indentSize: 2, convertTabsToSpaces: true, ensureNewLineAtEndOfFile: true });
  return file.getFullText();
}

/** Longest line that is not broken. */
const width = 100;

function importOf(module: string, names: readonly string[]): string {
  const line = `import { ${names.join(', ')} } from '${module}';`;
  if (line.length <= width) return line;
  return `import {\n${names.map((name) => `  ${name},\n`).join('')}} from '${module}';`;
}

/** As biome and TypeScript order names: capitals do not count. */
function byLetter(a: string, b: string): number {
  const bare = (name: string) => name.replace(/^type /, '').toLowerCase();
  return bare(a) < bare(b) ? -1 : 1;
}

function header({ title, found }: Promotion): string {
  const lines = [title, '', ...found].map((line) => ` * ${line}`.trimEnd().replaceAll('*/', '* /'));
  return `/**\n${lines.join('\n')}\n */`;
}

/** What is written of a kind of subject. */
interface Form<S extends Subject> {
  imports(subject: S): {
    readonly names: readonly string[];
    /** Other modules. */
    readonly needs: readonly [string, readonly string[]][];
  };
  /** Statements before the test. */
  before(subject: S): readonly string[];
  /** `it`, or what is said in its place. */
  it(subject: S): string;
  /** Statements of the test, of which the last is the expectation. */
  test(subject: S): readonly string[];
}

const text = (value: string) =>
  `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;

/** A constant of a text, or of a list of terms; what is too long for a line is broken. */
function constant(name: string, value: string | readonly string[]): string {
  const isOne = typeof value === 'string';
  const line = `const ${name} = ${isOne ? text(value) : `[${value.join(', ')}]`};`;
  if (line.length <= width) return line;
  if (isOne) return `const ${name} =\n  ${text(value)};`;
  return `const ${name} = [\n${value.map((term) => `  ${term},\n`).join('')}];`;
}

/** A contract as a term: `widens`, `narrows('bf16')`. */
function contractTerm(printed: string): { readonly term: string; readonly name: string } {
  const [, name = printed, argument] = /^([a-z]+)(?:\((.*)\))?/.exec(printed) ?? [];
  if (argument === undefined) return { name, term: name };
  const value = Number.isNaN(Number(argument)) ? text(argument) : argument;
  return { name, term: `${name}(${value})` };
}

const noFindings = 'expect(findings.map((finding) => formatFinding(finding))).toEqual([]);';

const cases = "const cases = [{ name: 'recorded', inputs, options: '' }];";

const forms: { readonly [K in Subject['kind']]: Form<Extract<Subject, { kind: K }>> } = {
  backend: {
    imports: () => ({ needs: [], names: ['backendNamed', 'formatFinding', 'validateGraph'] }),
    before: () => [],
    it: () => 'it',
    test: ({ backend }) => [
      cases,
      `const backend = backendNamed(${text(backend)})!;`,
      'const { findings } = validateGraph({ graph, module, backend, cases });',
      noFindings,
    ],
  },
  programs: {
    imports: ({ programs }) => ({
      needs: [['node:child_process', ['execSync']]],
      names: [
        ...['formatFinding', 'textPass', 'validateGraph'],
        ...new Set(programs.map((p) => contractTerm(p.contract).name)),
      ],
    }),
    before: ({ programs }) => [
      "const run = (command: string) => (input: string) => execSync(command, { input, encoding: 'utf8' });",
      constant(
        'commands',
        programs.map((p) => text(p.command)),
      ),
      constant(
        'names',
        programs.map((_, n) => text(`program ${n}`)),
      ),
      constant(
        'contracts',
        programs.map((p) => contractTerm(p.contract).term),
      ),
      'const passes = commands.map((command, n) => textPass(names[n]!, contracts[n]!, run(command)));',
    ],
    it: () => 'it',
    test: () => [
      cases,
      "const backend = { name: 'programs', summary: '', pipeline: { name: 'programs', passes } };",
      'const { findings } = validateGraph({ graph, module, backend, cases });',
      noFindings,
    ],
  },
  module: {
    imports: ({ contract }) => ({
      needs: [],
      names: ['compareModules', 'formatFinding', contractTerm(contract).name],
    }),
    before: () => ["const after = parseModule(read('.after.hlo').toString());"],
    it: () => 'it',
    test: ({ contract }) => [
      cases,
      "const names = { beforeName: graph, afterName: 'after' };",
      `const contract = ${contractTerm(contract).term};`,
      'const { findings } = compareModules({ ...names, before: module, after, contract, cases });',
      noFindings,
    ],
  },
  toolchain: {
    imports: ({ contract, outputs }) => ({
      needs: [['assay/vitest', ['budgetOf', 'toStayWithin']]],
      names: [
        ...['listToolchains', 'openToolchain', contractTerm(contract).name],
        ...(outputs.length === 1 ? [] : ['tupleValue']),
      ],
    }),
    before: ({ spec }) => [
      `const spec = process.env.ASSAY_TOOLCHAIN ?? ${text(spec)};`,
      'const isInstalled = listToolchains().some((toolchain) => toolchain.spec === spec);',
      "if (!isInstalled) console.log('skipped: not installed; assay toolchain add', spec);",
      'expect.extend({ toStayWithin });',
    ],
    it: () => 'it.skipIf(!isInstalled)',
    test: toolchainTest,
  },
};

function toolchainTest(subject: ToolchainSubject): readonly string[] {
  const { inputs, outputs, contract, level, disabled } = subject;
  const knobs = [
    ...(level === undefined ? [] : [`level: ${text(level)}`]),
    ...(disabled?.length ? ['disabledOptimizers'] : []),
  ];
  return [
    constant('names', inputs.map(text)),
    ...(disabled?.length ? [constant('disabledOptimizers', disabled.map(text))] : []),
    'const named = new Map(names.map((name, k) => [name, inputs[k]!]));',
    "const cases = [{ name: 'recorded', inputs: named }];",
    `const knobs = {${knobs.length ? ` ${knobs.join(', ')} ` : ''}};`,
    'const { results } = await openToolchain(spec).run(model, cases, knobs);',
    'const [result] = results;',
    "expect(result).toMatchObject({ outcome: 'ok' });",
    "if (result?.outcome !== 'ok') return;",
    ...(outputs.length === 1
      ? ['const [output] = result.outputs.values();']
      : [
          constant('outputNames', outputs.map(text)),
          'const output = tupleValue(outputNames.map((name) => result.outputs.get(name)!));',
        ]),
    `expect(output${outputs.length === 1 ? '!' : ''}).toStayWithin(budgetOf(module, inputs, ${contractTerm(contract).term}));`,
  ];
}

function body(promotion: Promotion, form: Form<Subject>): readonly string[] {
  const { slug, title, subject, inputs } = promotion;
  const isToolchain = subject.kind === 'toolchain';
  return [
    constant('title', title),
    constant('graph', `./${slug}`),
    'const read = (suffix: string) => readFileSync(new URL(graph + suffix, import.meta.url));',
    "const module = parseModule(read('.hlo').toString());",
    "const { tensors } = readSafetensors(read('.safetensors'));",
    constant(
      'order',
      inputs.map((_, k) => text(`arg${k}`)),
    ),
    'const inputs = order.map((name) => tensors.get(name)!);',
    ...(isToolchain ? ["const model = read('.onnx');"] : []),
    ...form.before(subject),
    '',
    `${form.it(subject)}(title, { timeout: 120_000 }, ${isToolchain ? 'async ' : ''}() => {\n${form
      .test(subject)
      .map((line) => `  ${line.replaceAll('\n', '\n  ')}`)
      .join('\n')}\n});`,
  ];
}
