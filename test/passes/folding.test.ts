/** Constants are folded to the bits that the reference computes, for every foldable op and type. */
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import { type CaseKind, caseKinds } from '../../golden/kinds/kinds.ts';
import { entryOf, type Module, parametersOf, rootOf } from '../../graphs/ir/module.ts';
import { type Opcode, opTable } from '../../graphs/ops/table.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { constantFolding } from '../../passes/constant-folding.ts';
import { constantFolds } from '../../passes/fold/table.ts';
import { runReference } from '../../validator/reference/run.ts';
import { firstDifference, runChecked } from '../support/passes.ts';

const folded = (Object.keys(opTable) as Opcode[]).filter((o) => constantFolds[o] !== 'not folded');
const kinds = Object.keys(caseKinds) as CaseKind[];

const types = ['f32', 'bf16', 'f64', 'f16', 's8', 'u8', 's32', 'u32', 's64', 'u64', 'pred'];
const targets = ['f32', 'bf16', 'f8e4m3fn', 's8', 'u8', 's32', 'u32', 's64', 'pred'];

/** The op's own example, its elementwise variants by type, and converts between types. */
function modulesOf(opcode: Opcode): Module[] {
  const { example } = opTable[opcode];
  const texts = types.map((t) => example.replaceAll(/\bf32\b/g, t));
  const more = types.flatMap((t) => targets.map((to) => `r = ${to}[16] convert(${t}[16] a)`));
  const all = opcode === 'convert' ? more : [example, ...texts];
  return all.flatMap((text) => {
    try {
      const module = parseModule(text);
      return verifyModule(module).length === 0 ? [module] : [];
    } catch {
      return [];
    }
  });
}

/** The module with its parameters replaced by the values of a case. */
function withConstants(module: Module, kind: CaseKind): Module {
  const { inputs } = generateCase(module, kind, 1);
  const entry = entryOf(module);
  const indices = new Map(parametersOf(entry).map((p) => [p.id, p.attrs.index]));
  const instructions = entry.instructions.map((i) => {
    const at = indices.get(i.id);
    return at === undefined
      ? i
      : ({ ...i, opcode: 'constant', attrs: { literal: inputs[at]! } } as typeof i);
  });
  const computations = module.computations.map((c) => (c === entry ? { ...c, instructions } : c));
  return { ...module, computations };
}

describe('constant_folding', () => {
  it.each(folded)('%s folds to the bits of the reference', (opcode) => {
    let folds = 0;
    for (const module of modulesOf(opcode)) {
      for (const kind of kinds) {
        const before = withConstants(module, kind);
        const { module: after } = runChecked(constantFolding, before);
        if (rootOf(entryOf(after)).opcode !== 'constant') continue;
        folds++;
        const [x, y] = [before, after].map((m) => runReference(m, []));
        const { type } = rootOf(entryOf(after)).shape as { type?: string };
        expect([opcode, type, kind, firstDifference(x!, y!)]).toEqual([
          opcode,
          type,
          kind,
          undefined,
        ]);
      }
    }
    expect(folds).toBeGreaterThan(0);
  });

  it('does not spell out what a broadcast says in short, but looks through it', () => {
    const rows = `a = f32[] constant(2) b = f32[300] broadcast(a), dimensions={}
      c = f32[300] iota(), iota_dimension=0`;
    const text = `ENTRY e { ${rows} d = f32[300] multiply(b, c)
      ROOT s = f32[3] slice(d), slice={[100:103]} }`;
    const { module } = runChecked(constantFolding, parseModule(text));
    expect(rootOf(entryOf(module)).attrs).toMatchObject({
      literal: { data: new Float32Array([200, 202, 204]) },
    });
    const whole = parseModule(`ENTRY e { ${rows} ROOT d = f32[300] multiply(b, c) }`);
    expect(runChecked(constantFolding, whole).changed).toBe(false);
  });
});
