/** A reader of XML that refuses what is not well-formed: elements, attributes in quotes, text. */

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** Text of it and of all that is in it. */
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
};

/** The root element; throws where the text is not one well-formed element with a prologue. */
export function parseXml(text: string): Element {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text))
    throw new Error('a character that XML has not');
  const body = text.replace(/^(<\?xml [^?]*\?>|<!DOCTYPE html>)\s*/, '');
  const root = { name: '', attributes: {}, children: [] as Element[], text: '' };
  let open: {
    name: string;
    attributes: Record<string, string>;
    children: Element[];
    text: string;
  }[] = [root];
  const tag = /<(\/?)([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y;
  for (let at = 0; at < body.length; ) {
    const next = body.indexOf('<', at);
    const raw = body.slice(at, next < 0 ? undefined : next);
    for (const element of open) element.text += decoded(raw);
    if (next < 0) break;
    tag.lastIndex = next;
    const [all, closing, name, attributes, single] = tag.exec(body) ?? [];
    if (all === undefined) throw new Error(`no tag at ${body.slice(next, next + 60)}`);
    at = next + all.length;
    if (closing) {
      if (open.at(-1)!.name !== name) throw new Error(`</${name}> ends <${open.at(-1)!.name}>`);
      open = open.slice(0, -1);
      continue;
    }
    const element = { name: name!, attributes: attributesOf(attributes!), children: [], text: '' };
    open.at(-1)!.children.push(element);
    if (!single) open = [...open, element];
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error('not one element');
  return root.children[0]!;
}

function attributesOf(text: string): Record<string, string> {
  const found = [...text.matchAll(/([\w:-]+)="([^"]*)"/g)].map(
    ([, k, v]) => [k!, decoded(v!)] as const,
  );
  if (new Set(found.map(([k]) => k)).size !== found.length) throw new Error(`twice in ${text}`);
  return Object.fromEntries(found);
}

function decoded(text: string): string {
  return text.replace(/&([^;]{0,8};)?/g, (all, entity?: string) => {
    const known = entity && entities[entity.slice(0, -1)];
    if (!known) throw new Error(`no entity: ${all}`);
    return known;
  });
}

/** All elements of a name, at any depth. */
export function elements(of: Element, name: string): readonly Element[] {
  return of.children.flatMap((c) => [...(c.name === name ? [c] : []), ...elements(c, name)]);
}
