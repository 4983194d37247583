/**
 * HloProto and HloModuleProto (`.hlo.pb`, `.hlo_proto`), as XLA dumps them with
 * --xla_dump_hlo_as_proto: written as the HLO text that XLA prints for them, and read by the parser,
 * so that everything is checked as in any other text.
 */
import { AssayError, fail } from '../../ir/diagnostic.ts';
import type { AttrSpecs } from '../../ops/attr.ts';
import { isOpcode, type Opcode, rowOf } from '../../ops/table.ts';
import { decodeMessage } from '../onnx/wire.ts';
import { attributeTexts, type Names } from './attributes.ts';
import { hloSchema, type Message, refusedFields } from './schema.ts';
import { listOf, literalText, partsOf, shapeText } from './shape-text.ts';

/**
 * The text of a proto's module.
 *
 * @throws AssayError `format/hlo-proto` where it is none, or holds what is not read, by name
 */
export function hloProtoText(bytes: Uint8Array): string {
  const whole = decoded(bytes, 'HloProto')?.hloModule as Message | undefined;
  const module = isModule(whole) ? whole : decoded(bytes, 'Module');
  if (!isModule(module))
    fail('format/hlo-proto', 'this is neither an HloProto nor an HloModuleProto');
  return moduleText(module);
}

function isModule(message: Message | undefined): message is Message {
  return message !== undefined && partsOf(message, 'computations').length > 0;
}

function decoded(bytes: Uint8Array, message: string): Message | undefined {
  try {
    return decodeMessage(bytes, message, hloSchema) as Message;
  } catch (error) {
    if (error instanceof AssayError) return undefined;
    throw error;
  }
}

function moduleText(module: Message): string {
  const computations = partsOf(module, 'computations');
  const byId = new Map(computations.map((c) => [String(c.id ?? 0), String(c.name ?? '')]));
  const names: Names = {
    computation: (id) =>
      byId.get(String(id)) ?? fail('format/hlo-proto', `there is no computation of id ${id}`),
  };
  const entry = String(module.entryComputationId ?? 0);
  const head = [
    `HloModule ${module.name ?? 'module'}`,
    ...(module.schedule ? ['is_scheduled=true'] : []),
    ...aliases((module.inputOutputAlias ?? {}) as Message),
    ...entryLayout(module.hostProgramShape as Message | undefined),
  ];
  const orders = new Map(
    partsOf((module.schedule ?? {}) as Message, 'sequences').map((s) => {
      const ids = ((s.order ?? {}) as Message).instructionIds ?? [];
      return [String(s.computation ?? 0), (ids as readonly bigint[]).map(String)] as const;
    }),
  );
  const bodies = computations.map((c) => {
    const order = orders.get(String(c.id ?? 0)) ?? [];
    return `${String(c.id ?? 0) === entry ? 'ENTRY ' : ''}${computationText(c, order, names)}`;
  });
  return `${[head.join(', '), ...bodies].join('\n\n')}\n`;
}

function aliases(alias: Message): string[] {
  const entries = partsOf(alias, 'entries').map((e) => {
    const path = (field: string) => `{${listOf(e, field).join(', ')}}`;
    const kind = Number(e.kind ?? 0) === 2 ? 'must-alias' : 'may-alias';
    const from = `(${e.parameterNumber ?? 0}, ${path('parameterShapeIndex')}, ${kind})`;
    return `${path('outputShapeIndex')}: ${from}`;
  });
  return entries.length ? [`input_output_alias={ ${entries.join(', ')} }`] : [];
}

function entryLayout(shape: Message | undefined): string[] {
  if (!shape?.result) return [];
  const parameters = partsOf(shape, 'parameters').map(shapeText).join(', ');
  return [`entry_computation_layout={(${parameters})->${shapeText(shape.result as Message)}}`];
}

/** A computation in its scheduled order, where it has one of all its instructions. */
function computationText(computation: Message, order: readonly string[], names: Names): string {
  const instructions = partsOf(computation, 'instructions');
  const byId = new Map(instructions.map((i) => [String(i.id ?? 0), i]));
  const root = String(computation.rootId ?? 0);
  const scheduled = order.flatMap((id): readonly Message[] => {
    const found = byId.get(id);
    return found ? [found] : [];
  });
  const listed = scheduled.length === instructions.length ? scheduled : instructions;
  const lines = listed.map((i) => {
    return `  ${String(i.id ?? 0) === root ? 'ROOT ' : ''}${instructionText(i, byId, names)}`;
  });
  return `%${computation.name} {\n${lines.join('\n')}\n}`;
}

function instructionText(i: Message, byId: ReadonlyMap<string, Message>, names: Names): string {
  const { name, opcode } = i as { readonly name: string; readonly opcode: string };
  const refused = refusedFields.find((f) =>
    Array.isArray(i[f]) ? (i[f] as unknown[]).length > 0 : i[f] !== undefined,
  );
  if (refused !== undefined) {
    const remedy = 'dump it as text (--xla_dump_hlo_as_text)';
    fail(
      'format/hlo-proto',
      `${name} = ${opcode} has ${refused}, which is not read from a proto; ${remedy}`,
    );
  }
  if (!isOpcode(opcode)) fail('format/hlo-proto', `${name} has the unknown opcode ${opcode}`);
  const of = (field: string) =>
    ((i[field] ?? []) as readonly unknown[]).map((id) => {
      const operand = byId.get(String(id));
      return operand ?? fail('format/hlo-proto', `${name} = ${opcode} names the unknown id ${id}`);
    });
  const operands = of('operandIds');
  const predicate = (operands[0]?.shape as Message | undefined)?.elementType === 1;
  const seen = opcode === 'conditional' ? { ...i, predicated: predicate } : i;
  const parts = attributeParts(opcode, seen, names);
  const before = of('controlPredecessorIds').map((p) => `%${p.name}`);
  if (before.length) parts.push(`control-predecessors={${before.join(', ')}}`);
  const argument = argumentOf(i) ?? operands.map((o) => `%${o.name}`).join(', ');
  const shape = shapeText((i.shape ?? {}) as Message);
  return [`%${name} = ${shape} ${opcode}(${argument})`, ...parts, ...extras(i)].join(', ');
}

function argumentOf(i: Message): string | undefined {
  if (i.opcode === 'parameter') return String(i.parameterNumber ?? 0);
  return i.opcode === 'constant' ? literalText((i.literal ?? {}) as Message) : undefined;
}

function attributeParts(opcode: Opcode, i: Message, names: Names): string[] {
  const { argument, attrs } = rowOf(opcode);
  return Object.keys(attrs as AttrSpecs).flatMap((name) => {
    if (name === argument) return [];
    const text = attributeTexts[name]?.(i, names);
    return text === undefined ? [] : [`${name}=${text}`];
  });
}

/** What does not bear on the value: where an instruction comes from, and what the compiler notes. */
function extras(i: Message): string[] {
  const metadata = (i.metadata ?? {}) as Message;
  const fields = [
    ...(metadata.opType ? [`op_type=${JSON.stringify(metadata.opType)}`] : []),
    ...(metadata.opName ? [`op_name=${JSON.stringify(metadata.opName)}`] : []),
    ...(metadata.sourceFile ? [`source_file=${JSON.stringify(metadata.sourceFile)}`] : []),
    ...(metadata.sourceLine ? [`source_line=${metadata.sourceLine}`] : []),
  ];
  const notes = partsOf((i.frontendAttributes ?? {}) as Message, 'map').map(({ key, value }) => {
    return `${key}=${JSON.stringify(value ?? '')}`;
  });
  const config = String(i.backendConfig ?? '');
  return [
    ...(notes.length ? [`frontend_attributes={${notes.join(',')}}`] : []),
    ...(fields.length ? [`metadata={${fields.join(' ')}}`] : []),
    ...(config
      ? [`backend_config=${config.startsWith('{') ? config : JSON.stringify(config)}`]
      : []),
  ];
}
