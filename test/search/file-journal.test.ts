/** Journals in files: what is appended stays, cut anywhere or not, and nothing else is touched. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../validator/search/answer.ts';
import { bisect } from '../../validator/search/bisect.ts';
import { fileJournal, JournalError } from '../../validator/search/file-journal.ts';
import { arrayJournal, type JournalEntry, scopedJournal } from '../../validator/search/journal.ts';
import { broken, listed } from './oracles.ts';

const folder = mkdtempSync(join(tmpdir(), 'journal-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = () => join(folder, `${files++}.jsonl`);

describe('a journal in a file', () => {
  it('cut at any byte, has the complete lines and goes on after them', async () => {
    const texts = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.jsonValue()), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(), fc.boolean(), async (pairs, cut, isZeroed) => {
        const entries = JSON.parse(
          JSON.stringify(pairs.map(([question, answer]) => ({ question, answer }))),
        ) as JournalEntry<unknown>[];
        const path = newPath();
        const journal = await fileJournal(path);
        for (const entry of entries) await journal.append(entry);
        const bytes = readFileSync(path);
        const left = bytes.subarray(0, cut % (bytes.length + 1));
        writeFileSync(path, isZeroed ? Buffer.concat([left, Buffer.alloc(3)]) : left);
        const whole = left.toString('latin1').split('\n').length - 1;
        const opened = await fileJournal(path);
        expect(await opened.read()).toEqual(entries.slice(0, whole));
        for (const entry of entries.slice(whole)) await opened.append(entry);
        expect(await (await fileJournal(path)).read()).toEqual(entries);
        if (whole < entries.length) expect(readFileSync(path)).toEqual(bytes);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['notes', 1],
    ['{"question":"0","answer":1}\n{"answer":1}\n', 2],
    ['{"question":"0","answer":1}\nnotes', 2],
    ['\n', 1],
    ['null\n', 1],
  ])('refuses %j by its line and leaves it alone', async (text, line) => {
    const path = newPath();
    writeFileSync(path, text);
    await expect(fileJournal(path)).rejects.toMatchObject({ name: 'JournalError', path, line });
    await expect(fileJournal(path)).rejects.toBeInstanceOf(JournalError);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('resumes a bisection without asking', async () => {
    const path = newPath();
    const first = await bisect(50, listed(broken(50, 17)), { journal: await fileJournal(path) });
    const never = () => Promise.reject(new Error('asked again'));
    expect(await bisect(50, never, { journal: await fileJournal<Answer>(path) })).toEqual(first);
  });
});

describe('a scope', () => {
  it('keeps the questions of several searches apart in one journal', async () => {
    const entries: JournalEntry<number>[] = [];
    const scopes = ['a', 'b'].map((name) => scopedJournal(arrayJournal(entries), name));
    await scopes[0]!.append({ question: '0', answer: 1 });
    await scopes[1]!.append({ question: '0', answer: 2 });
    expect(await scopes[0]!.read()).toEqual([{ question: '0', answer: 1 }]);
    expect(await scopes[1]!.read()).toEqual([{ question: '0', answer: 2 }]);
    expect(entries.map(({ question }) => question)).toEqual(['a/0', 'b/0']);
  });
});
