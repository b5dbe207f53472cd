import { EventEmitter } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { expect, test } from 'vitest';
import { AnswerQueue } from './answer-queue.ts';

function open() {
  const written: string[] = [];
  const stream = Object.assign(new EventEmitter(), {
    destroyed: false,
    closed: false,
    full: false,
    write(bytes: Buffer) {
      written.push(bytes.toString('latin1'));
      return !stream.full;
    },
  });
  return { stream, written, queue: new AnswerQueue(stream as unknown as ServerHttp2Stream) };
}

/** The end of the turn, when everything that was ready in it has happened. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('answers of one turn are one write, those of the next another', async () => {
  const { queue, written } = open();
  for (const answer of ['a', 'b', 'c']) {
    await Promise.resolve();
    expect(queue.push(Buffer.from(answer))).toBe(true);
  }
  expect(written).toEqual([]);
  await turn();
  expect(written).toEqual(['abc']);
  queue.push(Buffer.from('d'));
  await turn();
  expect(written).toEqual(['abc', 'd']);
});

test('many bytes do not wait for the end of the turn', () => {
  const { queue, written } = open();
  for (let i = 0; i < 100; i++) queue.push(Buffer.alloc(2000));
  expect(written.length).toBeGreaterThan(1);
  expect(Math.max(...written.map(({ length }) => length))).toBeLessThan(70_000);
});

test('a client that does not read holds the writer up, and gets the rest when it does', async () => {
  const { stream, queue, written } = open();
  stream.full = true;
  expect(queue.push(Buffer.from('a'))).toBe(true);
  await turn();
  expect(queue.push(Buffer.from('b'))).toBe(false);
  let writable = false;
  const waited = queue.writable().then(() => {
    writable = true;
  });
  await turn();
  expect([writable, written]).toEqual([false, ['a']]);
  stream.emit('drain');
  await turn();
  // What had waited filled it again.
  expect([writable, written]).toEqual([false, ['a', 'b']]);
  stream.full = false;
  stream.emit('drain');
  await waited;
  expect(queue.push(Buffer.from('c'))).toBe(true);
  await turn();
  expect(written).toEqual(['a', 'b', 'c']);
});

test('what was not written is there for the end, and is not written twice', async () => {
  const { queue, written } = open();
  queue.push(Buffer.from('a'));
  queue.push(Buffer.from('b'));
  expect(queue.take()?.toString()).toBe('ab');
  expect(queue.take()).toBeUndefined();
  await turn();
  expect(written).toEqual([]);
});

test('the end of the call ends the wait for its client', async () => {
  const { stream, queue } = open();
  stream.full = true;
  queue.push(Buffer.alloc(100_000));
  const waited = queue.writable();
  queue.release();
  await waited;
});
