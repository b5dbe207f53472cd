import { expect, test } from 'vitest';
import { pipeline } from './pipeline.ts';

/** Work that is finished by hand, in any order. */
function manual() {
  const begun: number[] = [];
  const open = new Map<number, () => void>();
  return {
    begun,
    finish: (n: number) => open.get(n)?.(),
    answer: (n: number) =>
      new Promise<string>((resolve) => {
        begun.push(n);
        open.set(n, () => resolve(`answer ${n}`));
      }),
  };
}

async function* numbers(count: number): AsyncGenerator<number> {
  for (let n = 0; n < count; n++) yield n;
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const message of stream) got.push(message);
  return got;
}

/** Lets everything happen that can happen without further input. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('answers in the order of the messages, whatever order the work ends in', async () => {
  const work = manual();
  const answers = collect(pipeline(numbers(3), work.answer, 10));
  await settle();
  for (const n of [2, 0, 1]) work.finish(n);
  expect(await answers).toEqual(['answer 0', 'answer 1', 'answer 2']);
});

test('an answer is there as soon as its work is done, though no further message comes', async () => {
  async function* one() {
    yield 1;
    await new Promise(() => {});
  }
  const answers = pipeline(one(), async (n) => `answer ${n}`, 10);
  expect(await answers.next()).toEqual({ done: false, value: 'answer 1' });
});

test('no more messages are worked on than fit into the window, nor read while nobody reads answers', async () => {
  const work = manual();
  const answers = pipeline(numbers(100), work.answer, 4);
  const first = answers.next();
  await settle();
  expect(work.begun).toEqual([0, 1, 2, 3]);
  for (const n of work.begun) work.finish(n);
  expect((await first).value).toBe('answer 0');
  await settle();
  expect(work.begun).toEqual([0, 1, 2, 3]);
  expect((await answers.next()).value).toBe('answer 1');
  await settle();
  expect(work.begun.length).toBeLessThanOrEqual(5);
  await answers.return(undefined);
});

test('a source that fails ends the stream with its failure', async () => {
  async function* failing() {
    yield 1;
    throw new Error('no message');
  }
  await expect(collect(pipeline(failing(), async (n) => n, 10))).rejects.toThrow('no message');
});

test('a reader that leaves closes the source', async () => {
  let closed = false;
  async function* endless() {
    try {
      for (let n = 0; ; n++) yield n;
    } finally {
      closed = true;
    }
  }
  for await (const _ of pipeline(endless(), async (n) => n, 2)) break;
  expect(closed).toBe(true);
});

test('answers that are there come before the failure of the source', async () => {
  const fail = Promise.withResolvers<void>();
  const work = manual();
  async function* failing() {
    yield* numbers(3);
    await fail.promise;
    throw new Error('no message');
  }
  const answers = pipeline(failing(), work.answer, 10);
  const first = answers.next();
  await settle();
  for (const n of [0, 1]) work.finish(n);
  fail.resolve();
  expect((await first).value).toBe('answer 0');
  await settle();
  expect((await answers.next()).value).toBe('answer 1');
  // The third is not waited for.
  await expect(answers.next()).rejects.toThrow('no message');
  expect((await answers.next()).done).toBe(true);
});

test('work that fails fails the stream in its turn, and closes the source', async () => {
  let closed = false;
  async function* endless() {
    try {
      for (let n = 0; ; n++) yield n;
    } finally {
      closed = true;
    }
  }
  const answers = pipeline(
    endless(),
    async (n) => {
      if (n === 1) throw new Error('no answer');
      return n;
    },
    4,
  );
  expect((await answers.next()).value).toBe(0);
  await expect(answers.next()).rejects.toThrow('no answer');
  expect((await answers.next()).done).toBe(true);
  await settle();
  expect(closed).toBe(true);
});

test('the window is refilled as answers are taken, and never exceeded', async () => {
  let begun = 0;
  let most = 0;
  const taken: number[] = [];
  const answers = pipeline(
    numbers(1000),
    async (n) => {
      most = Math.max(most, ++begun - taken.length);
      for (let i = n % 7; i >= 0; i--) await Promise.resolve();
      if (n % 100 === 0) await settle();
      return n;
    },
    16,
  );
  for await (const answer of answers) taken.push(answer);
  expect(taken).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  expect(most).toBe(16);
});

test('reads that do not wait for each other get their answers in order', async () => {
  const answers = pipeline(numbers(3), async (n) => n, 2);
  const reads = await Promise.all([answers.next(), answers.next(), answers.next(), answers.next()]);
  expect(reads.map(({ value }) => value)).toEqual([0, 1, 2, undefined]);
});

test('leaving while nothing is answered ends the wait', async () => {
  const work = manual();
  const answers = pipeline(numbers(3), work.answer, 10);
  const waiting = answers.next();
  await settle();
  await answers.return(undefined);
  expect((await waiting).done).toBe(true);
  // For nobody, and without harm.
  for (const n of work.begun) work.finish(n);
  await settle();
  expect((await answers.next()).done).toBe(true);
});
