import { expect, it } from 'vitest';
import { limiter } from './limiter.ts';

it('lets so many go on at once, starts the latest of those that wait, and drops what nobody wants any more', async () => {
  const inTurn = limiter(2);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const wanted = new AbortController();
  const work = (name: string, signal = new AbortController().signal) =>
    inTurn(() => {
      started.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    }, signal);
  const [a, b, c, d, e] = [work('a'), work('b'), work('c'), work('d', wanted.signal), work('e')];
  expect(started).toEqual(['a', 'b']);
  ends.get('a')?.();
  await a;
  await Promise.resolve();
  expect(started).toEqual(['a', 'b', 'e']);
  wanted.abort(new Error('gone'));
  ends.get('e')?.();
  await e;
  await expect(d).rejects.toThrow('gone');
  await Promise.resolve();
  expect(started).toEqual(['a', 'b', 'e', 'c']);
  ends.get('b')?.();
  ends.get('c')?.();
  expect(await Promise.all([b, c])).toEqual(['b', 'c']);
});

it('goes on after a failure', async () => {
  const inTurn = limiter(1);
  const { signal } = new AbortController();
  await expect(inTurn(() => Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  expect(await inTurn(() => Promise.resolve(1), signal)).toBe(1);
});
