/** `npm run schema`: writes schema/*.json anew; test/cli/schema.test.ts holds them to the types. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { documentSchemas } from './from-types.ts';

const folder = resolve(import.meta.dirname, '../../../schema');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const [name, schema] of documentSchemas()) {
  writeFileSync(`${folder}/${name}.json`, `${JSON.stringify(schema, null, 1)}\n`);
}
