/**
 * Protos against the text that XLA printed of the same modules (models/, by jax 0.10.2, before and
 * after XLA's optimisation): the same computations, in the same order inside, to the bit of each
 * literal. What text has and protos have not (where an instruction comes from, as a table) is left out.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { hloProtoText } from '../../../graphs/importers/hlo-proto/import.ts';
import { hloSchema } from '../../../graphs/importers/hlo-proto/schema.ts';
import { encodeMessage } from '../../../graphs/importers/onnx/wire.ts';
import type { Module } from '../../../graphs/ir/module.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { printComputation } from '../../../graphs/text/printer.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import { assay } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const models = join(import.meta.dirname, 'models');
const names = readdirSync(models)
  .filter((file) => file.endsWith('.hlo.pb'))
  .map((file) => file.replace('.hlo.pb', ''));
const proto = (name: string) => readFileSync(join(models, `${name}.hlo.pb`));

/** The computations by name; XLA's text has them in an order of its own. */
const computationsOf = (module: Module) =>
  new Map(module.computations.map((c) => [c.name, printComputation(c, { metadata: false })]));

describe('what jax made', () => {
  it.each(names)('%s is what XLA prints of it', (name) => {
    const module = parseModule(hloProtoText(proto(name)));
    const printed = parseModule(readFileSync(join(models, `${name}.txt`), 'utf8'));
    expect([module.name, module.entry]).toEqual([printed.name, printed.entry]);
    expect(computationsOf(module)).toEqual(computationsOf(printed));
    expect(verifyModule(module)).toEqual([]);
  });

  it('keeps where an instruction comes from', () => {
    expect(hloProtoText(proto('network'))).toContain('op_name="jit(network)');
  });

  it.each(['m.hlo.pb', 'm.hlo_proto', 'm.hlo.pb.gz'])(
    'is read as %s by every command',
    async (as) => {
      const file = join(temporaryFolder(), as);
      writeFileSync(file, as.endsWith('.gz') ? gzipSync(proto('network')) : proto('network'));
      for (const command of ['parse', 'run']) {
        const { exitCode, stderr } = await assay([command, file]);
        expect([exitCode, stderr]).toEqual([0, '']);
      }
    },
  );

  it('a module inside an HloProto is the same', () => {
    const bytes = proto('windows');
    const length = [
      (bytes.length & 0x7f) | 0x80,
      ((bytes.length >> 7) & 0x7f) | 0x80,
      bytes.length >> 14,
    ];
    const wrapped = Uint8Array.from([0x0a, ...length, ...bytes]);
    expect(hloProtoText(wrapped)).toBe(hloProtoText(bytes));
  });
});

describe('dumps of protos', () => {
  it('are judged as those of text, which go first where there are both', async () => {
    const folder = temporaryFolder();
    const at = (stage: string) => join(folder, `module_0001.jit_network.${stage}`);
    cpSync(join(models, 'network.hlo.pb'), at('before_optimizations.hlo.pb'));
    writeFileSync(at('cpu_after_optimizations.hlo.pb.gz'), gzipSync(proto('network.optimized')));
    writeFileSync(at('cpu_after_optimizations.hlo.pb'), 'not read where there is another form');
    cpSync(join(models, 'network.optimized.txt'), at('cpu_after_optimizations.txt'));
    const { stdout, stderr } = await assay(['dump', folder, '--cases', 'typical']);
    expect([stdout, stderr]).toEqual([
      expect.stringMatching(/1 modules, 2 states, 1 transitions/),
      '',
    ]);
  });
});

describe('what is refused, by name', () => {
  const encoded = (instruction: object) =>
    encodeMessage(
      {
        name: 'm',
        entryComputationId: 1n,
        computations: [
          { name: 'e', id: 1n, rootId: 2n, instructions: [{ name: 'x', id: 2n, ...instruction }] },
        ],
      },
      'Module',
      hloSchema,
    );
  const shape = { elementType: 11, dimensions: [2n], layout: { minorToMajor: [0n] } };

  it.each([
    ['no proto at all', new TextEncoder().encode('HloModule m'), 'neither an HloProto nor'],
    ['nothing', new Uint8Array(), 'neither an HloProto nor'],
    ['an unknown opcode', encoded({ opcode: 'frob', shape }), 'unknown opcode frob'],
    [
      'a sharding',
      encoded({ opcode: 'parameter', shape, sharding: {} }),
      'x = parameter has sharding',
    ],
    [
      'an operand that is not there',
      encoded({ opcode: 'negate', shape, operandIds: [9n] }),
      'unknown id 9',
    ],
    [
      'an unknown type',
      encoded({ opcode: 'parameter', shape: { elementType: 99 } }),
      'element type 99',
    ],
    [
      'a literal that is too short',
      encoded({ opcode: 'constant', shape, literal: { shape, f32: [1] } }),
      'f32[2] has 1 elements, not 2',
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => hloProtoText(bytes)).toThrow(message);
  });

  it('nothing of it is a fault of ours, cut off anywhere', () => {
    const whole = proto('network');
    for (let length = 0; length < whole.length; length += 97) {
      try {
        parseModule(hloProtoText(whole.subarray(0, length)));
      } catch (error) {
        expect(error).toHaveProperty('diagnostic.code');
      }
    }
  });
});
