/**
 * JSON Schemas of the documents of `--json`, from the types in cli/documents.ts by ts-morph's checker:
 * generators that read syntax alone do not follow types that are computed.
 */
import { resolve } from 'node:path';
import { Project, type Symbol as TsSymbol, type Type } from 'ts-morph';
import { schemaVersion } from '../../../cli/documents.ts';

/** A schema, as JSON. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const root = resolve(import.meta.dirname, '../../..');

/** How `toJson` writes a number that JSON has none for. */
const number: JsonSchema = {
  description: 'text where JSON has no such number, or not all of its digits',
  anyOf: [{ type: 'number' }, { type: 'string', pattern: '^(NaN|-?Infinity|-?[0-9]+)$' }],
};

/** The schema of each document, by the document's name. */
export function documentSchemas(): ReadonlyMap<string, JsonSchema> {
  const project = new Project({
    tsConfigFilePath: `${root}/tsconfig.json`,
    skipAddingFilesFromTsConfig: true,
  });
  const file = project.addSourceFileAtPath(`${root}/cli/documents.ts`);
  const documents = file.getInterfaceOrThrow('Documents').getProperties();
  return new Map(
    documents.map((d) => [
      nameOf(d.getSymbolOrThrow()),
      schemaOf(nameOf(d.getSymbolOrThrow()), d.getType()),
    ]),
  );
}

function nameOf(symbol: TsSymbol): string {
  return symbol.getName().replaceAll('"', '').replaceAll("'", '');
}

function schemaOf(document: string, type: Type): JsonSchema {
  const writer = new SchemaWriter();
  const { properties, required, ...rest } = writer.object(type);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `${document} --json, version ${schemaVersion}`,
    ...rest,
    properties: { schemaVersion: { const: schemaVersion }, ...(properties as JsonSchema) },
    required: ['schemaVersion', ...(required as readonly string[])],
    definitions: { number, ...Object.fromEntries([...writer.definitions].sort()) },
  };
}

/** Writes the schemas of types; those that have a name are written once. */
class SchemaWriter {
  readonly definitions = new Map<string, JsonSchema>();

  schema(type: Type): JsonSchema {
    if (type.isAny() || type.isUnknown()) return {};
    if (type.isNull()) return { type: 'null' };
    if (type.isLiteral() && !type.isUnion()) return { const: literalOf(type) };
    if (type.isString() || type.isTemplateLiteral()) return { type: 'string' };
    if (type.isNumber() || type.isBigInt()) return { $ref: '#/definitions/number' };
    if (type.isBoolean()) return { type: 'boolean' };
    if (type.isUnion()) return this.union(type.getUnionTypes());
    if (type.isTuple()) return { type: 'array', items: this.anyOf(type.getTupleElements()) };
    const element = type.getArrayElementType();
    if (element) return { type: 'array', items: this.schema(element) };
    return this.named(type);
  }

  private union(members: readonly Type[]): JsonSchema {
    const there = members.filter((m) => !m.isUndefined());
    if (there.every((m) => m.isLiteral())) return { enum: there.map(literalOf).sort() };
    return this.anyOf(there);
  }

  private anyOf(members: readonly Type[]): JsonSchema {
    const parts = members.map((m) => this.schema(m));
    const distinct = [...new Map(parts.map((p) => [JSON.stringify(p), p])).values()];
    return distinct.length === 1 ? distinct[0]! : { anyOf: distinct };
  }

  /** An object type; by reference where it is an interface or an alias without arguments. */
  private named(type: Type): JsonSchema {
    const symbol = type.getAliasSymbol() ?? type.getSymbol();
    const name = symbol?.getName() ?? '__type';
    const isNamed = !name.startsWith('__') && type.getAliasTypeArguments().length === 0;
    if (!isNamed) return this.object(type);
    if (!this.definitions.has(name)) {
      this.definitions.set(name, {});
      this.definitions.set(name, this.object(type));
    }
    return { $ref: `#/definitions/${name}` };
  }

  /** An object type, written out. */
  object(type: Type): JsonSchema {
    const index = type.getStringIndexType();
    const kept = type.getProperties().flatMap((p): [string, JsonSchema, boolean][] => {
      const own = p.getTypeAtLocation(p.getDeclarations()[0]!);
      if (own.getNonNullableType().getCallSignatures().length > 0) return [];
      const required =
        !p.isOptional() && !(own.isUnion() && own.getUnionTypes().some((t) => t.isUndefined()));
      return [[p.getName(), this.schema(own), required]];
    });
    kept.sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      type: 'object',
      properties: Object.fromEntries(kept.map(([name, schema]) => [name, schema])),
      required: kept.filter(([, , required]) => required).map(([name]) => name),
      ...(index && { additionalProperties: this.schema(index) }),
    };
  }
}

function literalOf(type: Type): string | number | boolean {
  if (type.isBooleanLiteral()) return type.getText() === 'true';
  return type.getLiteralValueOrThrow() as string | number;
}
