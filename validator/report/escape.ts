/**
 * Text as it may stand in other languages. Names come from models, and a model may be hostile: none of
 * what a name holds is markup, an entity, a command or a link there.
 */
import { visible, visibleLine } from '../../graphs/text/visible.ts';

/** In XML and HTML, as text or inside of quotes; what XML cannot hold is shown instead. */
export function markup(text: string): string {
  return wellFormed(visible(text))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Without halves of surrogate pairs, and without the two characters that no XML may hold. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}|[\ufffe\uffff]/gu, '\ufffd');
}

/** The text of a command of GitHub's: one line, in which nothing is a command. */
export function githubData(text: string): string {
  return wellFormed(visible(text))
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A');
}

/** The value of a property of such a command. */
export function githubProperty(text: string): string {
  return githubData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** One line of Markdown (GitHub's) in which nothing is markup: signs are written as entities. */
export function markdown(text: string): string {
  return wellFormed(visibleLine(text)).replace(
    /[^\p{L}\p{M}\p{N} ]/gu,
    (c) => `&#${c.codePointAt(0)};`,
  );
}

/** A file as a reference of a URI (RFC 3986): relative as it was given, absolute with its scheme. */
export function fileUri(file: string): string {
  const path = wellFormed(file).replaceAll('\\', '/');
  const encoded = path
    .split('/')
    .map((part) => encodeURIComponent(part))
    .join('/');
  if (path.startsWith('/')) return `file://${encoded}`;
  if (/^[A-Za-z]:\//.test(path)) return `file:///${path.slice(0, 2)}${encoded.slice(4)}`;
  return encoded;
}
