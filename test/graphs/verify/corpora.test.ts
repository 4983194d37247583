/**
 * The verifier against modules that XLA made or took: what XLA printed has no finding, and of the
 * modules in its tests only those are refused that its own verifier refuses as well.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import type { Module } from '../../../graphs/ir/module.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import { corpora, corpus } from '../../support/corpora.ts';

/** Suites whose modules are meant to be invalid. */
const invalidOnPurpose = /hlo_verifier_test|hlo_parser_test/;

/** Modules that XLA's tests parse without verifying, or whose test is that they are refused. */
const refused: Readonly<Record<string, string>> = {
  '00775': 'stochastic_convert_i2: random bits must be unsigned',
  '01093': 'copy that transposes',
  '01907': 'call_c1: too few operands',
  '02462': 'tuple of another shape; the test is that this is refused',
  '02533': 'dynamic_update_slice_i3: the index is a vector where the rank is 1',
  '02571': 'all_gather_c6: the test parses without verifying',
  '02572': 'all_gather_c6: the test parses without verifying',
  '02587': 'a slice s32[1] declared as s32[]',
  '02588': 'a slice s32[1] declared as s32[]',
  '02589': 'all_gather_c6',
  '02593': 'a slice s32[1] declared as s32[]',
  '02598': 'all_gather_c6',
  '02599': 'all_gather_c6',
  '02854': 'a dimension size declared as s64[]; the test is that this is refused',
  '02855': 'get_dimension_size_c1; the test is that this is refused',
  '03304': 'bitcast_x1: bf16[4] cannot be bf16[8]; XLA checks it where layouts count',
  '03469': 'while whose result is declared otherwise than its body',
  '03582': 'scatter_c7; the test is about this violation',
  '04014': 'while_c2: XLA does not hold the result of a body against its parameter',
  '06045': 'all_gather_c6: the test parses without verifying',
  '06056': 'collective_permute_c2: device 0 is source twice',
  '07634': 'bitcast_x1: 264 elements cannot be 256; XLA checks it where layouts count',
  '08100': 'broadcast_c2: no dimension named for a vector',
};

function parsed(file: string): Module | undefined {
  try {
    return parseModule(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof AssayError) return undefined;
    throw error;
  }
}

/** The text files below a folder. */
function texts(...folder: string[]): readonly string[] {
  return readdirSync(corpus(...folder), { recursive: true, encoding: 'utf8' })
    .filter((f) => /\.(hlo|txt)$/.test(f) && !f.endsWith('versions.txt'))
    .sort()
    .map((f) => join(corpus(...folder), f));
}

const findings = (module: Module) =>
  verifyModule(module).map((d) => `${d.code} line ${d.position?.line}: ${d.message}`);

describe.skipIf(!corpora)('XLA’s modules (the corpora must be beside the checkout)', () => {
  it('every state of its own dumps has no finding', { timeout: 120_000 }, () => {
    for (const file of texts('xla-dumps', 'cpu')) {
      expect(findings(parsed(file)!), file).toEqual([]);
    }
  });

  it('of the modules in its tests only invalid ones are refused', { timeout: 120_000 }, () => {
    const found = new Set<string>();
    for (const file of texts('hlo', 'modules').filter((f) => !invalidOnPurpose.test(f))) {
      const module = parsed(file);
      const number = /(\d+)_[^/]*$/.exec(file)![1]!;
      if (module && verifyModule(module).length > 0) found.add(number);
    }
    expect([...found].sort()).toEqual(Object.keys(refused).sort());
  });

  it('a module of 41,881 instructions has no finding', { timeout: 60_000 }, () => {
    const name = 'xla_tools_benchmarks_hlo_hlo_mixtral_8x7b_bf16_1x8.hlo';
    const module = parseModule(readFileSync(corpus('hlo', 'files', name), 'utf8'));
    expect(verifyModule(module)).toEqual([]);
  });
});
