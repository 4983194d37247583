/** ARCHITECTURE.md names files and folders that exist, and every room of the code. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, productFolders, root } from './support/tidy/source.ts';

const text = readFileSync(resolve(root, 'ARCHITECTURE.md'), 'utf8');
const named = [...text.matchAll(/`([^`\n]+)`/g)].map(([, name]) => name!);
const paths = named.filter((name) => /^[\w.-]+(?:\/[\w.-]+)*(?:\/|\.(?:ts|md|json))$/.test(name));

/** Folders of the map: two more spaces of indentation a level. */
function mapped(): readonly string[] {
  const stack: string[] = [];
  const [, map = ''] = text.split(/^In the order in which .*$/m);
  const lines = map.split('\n## ')[0]!.split('\n');
  return lines.flatMap((line) => {
    const [, indent, name] = /^ {4}( *)([\w.-]+)\/ {2,}/.exec(line) ?? [];
    if (name === undefined) return [];
    stack.length = indent!.length / 2;
    stack.push(name);
    return [stack.join('/')];
  });
}

describe('ARCHITECTURE.md', () => {
  it('names files and folders', () => {
    expect(paths.length).toBeGreaterThan(60);
  });

  it.each([...new Set(paths)])('%s exists', (path) => {
    expect(existsSync(resolve(root, path))).toBe(true);
  });

  it('draws folders that exist', () => {
    expect(mapped().filter((folder) => !existsSync(resolve(root, folder)))).toEqual([]);
  });

  it('draws every room of the product', () => {
    const rooms = productFolders.flatMap((folder) =>
      readdirSync(resolve(root, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && filesBelow(`${folder}/${entry.name}`).length > 0)
        .map((entry) => `${folder}/${entry.name}`),
    );
    const words = new Set(mapped());
    const told = (room: string) => words.has(room) || text.includes(`${posix.basename(room)}/`);
    expect(rooms.filter((room) => !told(room))).toEqual([]);
  });

  it('has at most five steps for each thing to add', () => {
    const [, adding = ''] = text.split('\n## To add');
    const sections = adding.split('\n## ')[0]!.split('\n### ').slice(1);
    const steps = sections.map(
      (s) => [s.split('\n')[0], s.match(/^\d\. /gm)?.length ?? 0] as const,
    );
    expect(steps.length).toBeGreaterThan(7);
    expect(steps.filter(([, count]) => count < 1 || count > 5)).toEqual([]);
  });
});
