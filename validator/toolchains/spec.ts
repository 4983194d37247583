/** `NAME@VERSION`: exact versions only, since a result without its version says nothing. */
import { fail } from '../../graphs/ir/diagnostic.ts';

/** A name and an exact version. */
export interface Spec {
  readonly name: string;
  readonly version: string;
}

/** A version as npm publishes it: three numbers, and what marks a pre-release. */
const exactVersion = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/;

/** Splits at the last `@`; ranges and tags (`latest`, `^1.2`) are refused. */
export function parseSpec(text: string): Spec {
  const at = text.lastIndexOf('@');
  const [name, version] = at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, ''];
  if (isExactVersion(version)) return { name, version };
  const what = version ? `"${version}" is no exact version` : 'the version is missing';
  return fail(
    'toolchain/spec',
    `${text}: ${what}; name one as in ${name || 'NAME'}@1.2.3 (assay toolchain versions ${name || 'NAME'} lists them)`,
  );
}

/** Whether it is a version by semver, with no range or tag. */
export function isExactVersion(text: string): boolean {
  return exactVersion.test(text);
}

/** Whether an exact version has a part behind a hyphen, as in 1.2.0-rc.1. */
export function isPrerelease(version: string): boolean {
  return exactVersion.exec(version)?.[4] !== undefined;
}

/** The order of versions by Semantic Versioning 2.0.0, section 11. */
export function compareVersions(a: string, b: string): number {
  const [, ...left] = exactVersion.exec(a)!;
  const [, ...right] = exactVersion.exec(b)!;
  for (const k of [0, 1, 2]) {
    const difference = Number(left[k]) - Number(right[k]);
    if (difference) return difference;
  }
  return comparePrereleases(left[3], right[3]);
}

/** A release is after its pre-releases; numbers are before words, fewer parts before more. */
function comparePrereleases(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  const [left, right] = [a.split('.'), b.split('.')];
  const shared = Math.min(left.length, right.length);
  for (let k = 0; k < shared; k++) {
    const difference = compareParts(left[k]!, right[k]!);
    if (difference) return difference;
  }
  return left.length - right.length;
}

function compareParts(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [a, b].map((part) => /^\d+$/.test(part));
  if (left && right) return Number(a) - Number(b);
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : 1;
}
