/** Small helpers over parsed JSON that safetensors headers and manifests share. */

/** True for a JSON object: neither null nor a list. */
/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The keys of a JSON object in the order of its text, repeated ones included: JSON.parse hides
 * repetitions and moves keys that look like numbers. `text` must be valid JSON.
 */
export function topLevelKeys(text: string): readonly string[] {
  const keys: string[] = [];
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && token.endsWith(':')) {
      keys.push(JSON.parse(token.slice(0, -1)) as string);
    }
  }
  return keys;
}
