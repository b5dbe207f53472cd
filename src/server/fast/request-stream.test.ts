import { create, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import { type StringValue, StringValueSchema } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import type { Envelope } from './envelopes.ts';
import { RequestStream } from './request-stream.ts';

function framed(value: string): Buffer {
  const data = toBinary(StringValueSchema, create(StringValueSchema, { value }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

function open(maxBytes = 1000) {
  const source = {
    paused: false,
    pause: () => {
      source.paused = true;
    },
    resume: () => {
      source.paused = false;
    },
  };
  let decoded = 0;
  const decode = ({ data }: Envelope): Message => {
    decoded++;
    return fromBinary(StringValueSchema, data);
  };
  const requests = new RequestStream(source, maxBytes, decode);
  return { source, requests, decoded: () => decoded };
}

async function values(requests: RequestStream): Promise<string[]> {
  const got: string[] = [];
  for await (const message of requests) got.push((message as StringValue).value);
  return got;
}

const words = Array.from({ length: 50 }, (_, i) => `${i} ${'x'.repeat((i * 37) % 300)}`);
const all = Buffer.concat(words.map(framed));

describe('messages come out as they were put in', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 100, 1000, all.length])('in chunks of %i bytes', async (size) => {
    const { requests } = open();
    for (let at = 0; at < all.length; at += size) requests.push(all.subarray(at, at + size));
    requests.finish();
    expect(await values(requests)).toEqual(words);
  });
});

test('a reader that waits gets each message as it comes, also when several wait', async () => {
  const { requests } = open();
  const reads = [requests.next(), requests.next(), requests.next(), requests.next()];
  requests.push(Buffer.concat([framed('a'), framed('b')]));
  requests.push(framed('c'));
  requests.finish();
  expect((await Promise.all(reads)).map(({ value }) => (value as StringValue | undefined)?.value)).toEqual([
    'a',
    'b',
    'c',
    undefined,
  ]);
});

test('what is not read pauses the source, is not decoded, and goes on when it is read', async () => {
  const { source, requests, decoded } = open();
  const word = 'x'.repeat(900);
  let count = 0;
  while (!source.paused) {
    requests.push(framed(word));
    count++;
  }
  expect(count).toBeLessThan(100);
  expect(decoded()).toBe(0);
  let read = 0;
  for (; source.paused; read++) await requests.next();
  // Not for each message that is taken.
  expect(read).toBeGreaterThan(10);
  expect(read).toBeLessThan(count);
});

test('empty messages are bounded too', () => {
  const { source, requests } = open();
  let count = 0;
  for (; !source.paused && count < 10_000; count++) requests.push(framed(''));
  expect(count).toBeLessThan(1000);
});

test('a message that says that it is too large fails at once, after those before it', async () => {
  const { source, requests } = open(100);
  requests.push(Buffer.concat([framed('a'), framed('x'.repeat(200)).subarray(0, 5)]));
  expect(source.paused).toBe(true);
  expect((await requests.next()).done).toBe(false);
  await expect(requests.next()).rejects.toMatchObject({ code: Code.ResourceExhausted });
  expect((await requests.next()).done).toBe(true);
});

test('the end within a message is a failure', async () => {
  const { requests } = open();
  requests.push(Buffer.concat([framed('a'), framed('b').subarray(0, 3)]));
  requests.finish();
  await requests.next();
  await expect(requests.next()).rejects.toMatchObject({ code: Code.InvalidArgument });
});

test('a message that cannot be read is the last one', async () => {
  const { requests } = open();
  requests.push(Buffer.concat([Buffer.from([0, 0, 0, 0, 1, 0xff]), framed('a')]));
  await expect(requests.next()).rejects.toThrow();
  expect((await requests.next()).done).toBe(true);
});

test.each([
  ['cannot be read', Buffer.from([0, 0, 0, 0, 1, 0xff]), /varint|truncated|EOF/],
  ['is too large', Buffer.from([0, 255, 0, 0, 0]), /larger/],
])('a reader that waits is told of a message that %s', async (_, bytes, sentence) => {
  const { requests } = open();
  const read = requests.next();
  requests.push(bytes);
  await expect(read).rejects.toThrow(sentence);
  expect((await requests.next()).done).toBe(true);
});

test('a reader that waits is told of an end within a message', async () => {
  const { requests } = open();
  const read = requests.next();
  requests.push(Buffer.alloc(3));
  requests.finish();
  await expect(read).rejects.toMatchObject({ code: Code.InvalidArgument });
});

test('a reader that leaves lets the source wait, until the call is over', async () => {
  const { source, requests } = open();
  requests.push(framed('a'));
  await requests.return();
  expect(source.paused).toBe(true);
  expect((await requests.next()).done).toBe(true);
  requests.push(framed('b'));
  expect((await requests.next()).done).toBe(true);
  requests.cancel(undefined);
  expect(source.paused).toBe(false);
});

test('the end of the call reaches a reader that waits, with its reason', async () => {
  const { requests } = open();
  const read = requests.next();
  requests.cancel(new Error('gone'));
  await expect(read).rejects.toThrow('gone');
  const ended = open();
  const last = ended.requests.next();
  ended.requests.cancel(undefined);
  expect((await last).done).toBe(true);
});
