/**
 * The package as its users get it: packed, unpacked into an empty project beside nothing but its own
 * dependencies (those of this checkout: no network), compiled against under TypeScript's strictest
 * settings, and run. `node .ci/package-check.mjs`; exits non-zero with the first thing that is wrong.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const place = mkdtempSync(join(tmpdir(), 'assay-package-'));
const modules = join(place, 'node_modules');
const program = join(modules, 'assay/dist/bin/assay.js');
/** What a user's node_modules may hold for Assay, in bytes. */
const most = 30 * 2 ** 20;

function demand(holds, what) {
  if (!holds) throw new Error(`package-check: ${what}`);
}

function bytesBelow(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0);
}

/** Packs, unpacks, and puts the dependencies beside it; nothing else can be found from there. */
function install() {
  const packed = execFileSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', place],
    {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const [{ filename, files }] = JSON.parse(packed);
  mkdirSync(join(modules, 'assay'), { recursive: true });
  execFileSync('tar', [
    '-xzf',
    join(place, filename),
    '-C',
    join(modules, 'assay'),
    '--strip-components=1',
  ]);
  const size = statSync(join(place, filename)).size;
  const { dependencies } = JSON.parse(readFileSync(join(modules, 'assay/package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    cpSync(join(root, 'node_modules', name), join(modules, name), { recursive: true });
  }
  const sum = bytesBelow(modules);
  const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  console.log(`${files.length} files, ${mib(size)} packed; node_modules of a user ${mib(sum)}`);
  demand(sum < most, `node_modules hold ${mib(sum)}, more than ${mib(most)}`);
}

const strictest = {
  ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
  ...{ noImplicitReturns: true, noImplicitOverride: true, noFallthroughCasesInSwitch: true },
  ...{ noPropertyAccessFromIndexSignature: true, noUnusedLocals: true, noUnusedParameters: true },
  ...{ allowUnreachableCode: false, allowUnusedLabels: false, noUncheckedSideEffectImports: true },
  ...{ isolatedModules: true, verbatimModuleSyntax: true, skipLibCheck: false },
  ...{ target: 'ES2023', lib: ['ES2023'], module: 'NodeNext', types: ['node'], outDir: 'out' },
};

/** The snippets of docs/writing-passes.md, as they stand, and a use of each entry point. */
function writeProject() {
  const markdown = readFileSync(join(root, 'docs/writing-passes.md'), 'utf8');
  const blocks = markdown.match(/(?:^ {4}.*\n(?:^\n(?=^ {4}))*)+/gm) ?? [];
  const snippets = blocks
    .map((b) => b.replaceAll(/^ {4}/gm, ''))
    .filter((b) => b.startsWith('import '));
  demand(snippets.length === 3, `docs/writing-passes.md has ${snippets.length} snippets, not 3`);
  for (const [n, text] of snippets.entries()) writeFileSync(join(place, `snippet-${n}.ts`), text);
  const uses = ["import * as assay from 'assay';", "import * as passes from 'assay/passes';"];
  writeFileSync(
    join(place, 'uses.ts'),
    `${uses.join('\n')}\nconsole.log(typeof assay.validate, typeof passes.edit);\n`,
  );
  writeFileSync(join(place, 'package.json'), '{"name": "user", "type": "module"}');
  writeFileSync(
    join(place, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: strictest, include: ['*.ts'] }),
  );
}

/** Types of the platform come from the checkout, once the size is measured. */
function linkTypes(...names) {
  for (const name of names) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
}

function run(...argv) {
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
    cwd: place,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function succeed(...argv) {
  const { status, stdout, stderr } = run(...argv);
  demand(status === 0, `${argv.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  return stdout;
}

try {
  install();
  writeProject();
  const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  demand(
    succeed(program, '--version').trim() === version,
    'assay --version is not that of package.json',
  );
  writeFileSync(join(place, 'm.hlo'), 'HloModule m\nENTRY e { ROOT a = f32[2] parameter(0) }\n');
  succeed(program, 'validate', 'm.hlo');
  writeFileSync(join(place, 'model.json'), '{}');
  const missing = run(program, 'parse', 'model.json');
  demand(
    missing.status === 3 && missing.stderr.includes('npm install --save-dev @tensorflow/tfjs-core'),
    `an optional package that is missing is not told: ${missing.status} ${missing.stderr}`,
  );
  linkTypes('@types/node', 'undici-types');
  succeed(join(root, 'node_modules/typescript/bin/tsc'), '-p', place);
  demand(
    succeed('out/snippet-2.js').includes('No finding'),
    'the worked pass and rule have a finding',
  );
  succeed('out/uses.js');
  console.log('package-check: the package is what its users need');
} finally {
  rmSync(place, { recursive: true, force: true });
}
