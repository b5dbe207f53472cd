import { appendFile, mkdtemp, mkdir, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { read } from '../../test/watch/harness.ts';
import { followLog } from './follow-log.ts';
import { LogVanished } from './log-file.ts';

let folder = '';
let path = '';
let ended: PromiseWithResolvers<void>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runs-log-'));
  path = join(folder, 'log');
  ended = Promise.withResolvers();
});

afterEach(() => rm(folder, { recursive: true }));

/** Follows the log; the watch is what brings news, unless `pauseMs` is short. */
function follow(pauseMs: readonly [number, number] = [0, 60_000]) {
  return read(({ signal }) => followLog(path, { ended: ended.promise, signal, pauseMs }));
}

const linesOf = (reader: ReturnType<typeof follow>) => reader.messages.flatMap(({ lines }) => lines);

it('sends what is there, what is appended, and at the end what has no line break', async () => {
  await writeFile(path, 'one\ntwo\n');
  const reader = follow();
  await reader.until(() => linesOf(reader).length === 2);
  await appendFile(path, 'three\nfo');
  await reader.until(() => linesOf(reader).length === 3);
  await appendFile(path, 'ur');
  ended.resolve();
  await reader.ended;
  expect(linesOf(reader)).toEqual(['one\n', 'two\n', 'three\n', 'four\n']);
  const [first] = reader.messages;
  expect(Math.abs((first?.writtenAt ?? 0) - Date.now())).toBeLessThan(60_000);
});

it('finds what is appended by looking, where there is no watch', async () => {
  await writeFile(path, 'one\n');
  const reader = follow([1, 2]);
  await reader.until(() => linesOf(reader).length === 1);
  await appendFile(path, 'two\n');
  await reader.until(() => linesOf(reader).length === 2);
  await reader.stop();
});

it('reads what was written before the end was known', async () => {
  await writeFile(path, '');
  const reader = follow();
  await appendFile(path, 'last words\n');
  ended.resolve();
  await reader.ended;
  expect(linesOf(reader)).toEqual(['last words\n']);
});

it('sends a large log in bounded messages, all of it', async () => {
  const text = Array.from({ length: 50_000 }, (_, index) => `line ${index}\n`).join('');
  await writeFile(path, `${text}${'x'.repeat(300_000)}\n`);
  ended.resolve();
  const reader = follow();
  await reader.ended;
  expect(linesOf(reader).join('')).toBe(`${text}${'x'.repeat(300_000)}\n`);
  for (const { lines } of reader.messages) {
    expect(lines.length).toBeLessThanOrEqual(1000);
    expect(lines.reduce((sum, line) => sum + line.length, 0)).toBeLessThanOrEqual(200_000);
  }
});

it('begins anew with a file that was', async () => {
  await writeFile(path, 'one\ntwo\nhalf');
  const reader = follow([1, 2]);
  await reader.until(() => linesOf(reader).length === 2);
  await truncate(path);
  await appendFile(path, 'new\n');
  await reader.until(() => linesOf(reader).length === 3);
  await reader.stop();
  expect(linesOf(reader)).toEqual(['one\n', 'two\n', 'new\n']);
});

it('sends the rest of a file that is removed, and then says so', async () => {
  await writeFile(path, 'one\n');
  const reader = follow([1, 2]);
  await reader.until(() => linesOf(reader).length === 1);
  await appendFile(path, 'two\n');
  await unlink(path);
  await expect(reader.ended).rejects.toBeInstanceOf(LogVanished);
  expect(linesOf(reader)).toEqual(['one\n', 'two\n']);
});

it('says that there is no file, and refuses what is none', async () => {
  const result = await followLog(path, { ended: ended.promise, signal: AbortSignal.timeout(60_000) }).next();
  expect(result).toEqual({ done: true, value: false });
  await mkdir(path);
  await expect(follow().ended).rejects.toThrow('is no file');
  await rm(path, { recursive: true });
  await symlink('/etc/hostname', path);
  await expect(follow().ended).rejects.toThrow('ELOOP');
});

it('ends at once when it is told to, with the reason, and passes on why the end is not known', async () => {
  await writeFile(path, 'one\n');
  const reader = follow();
  await reader.until(() => linesOf(reader).length === 1);
  await reader.stop();
  await expect(reader.ended).rejects.toThrow('hung up');
  const other = follow();
  ended.reject(new Error('no database'));
  await expect(other.ended).rejects.toThrow('no database');
});
