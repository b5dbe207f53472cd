import { describe, expect, it } from 'vitest';
import { BatchReader } from './batch-reader.ts';

/** A reader whose reads end when the test says so. */
function gated(maxKeys = 10) {
  const reads: { keys: readonly number[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const began: (() => void)[] = [];
  const reader = new BatchReader<number, string>((keys) => {
    const { promise, resolve, reject } = Promise.withResolvers<Map<number, string>>();
    reads.push({ keys, answer: () => resolve(new Map(keys.map((key) => [key, `v${key}`]))), fail: reject });
    began.shift()?.();
    return promise;
  }, maxKeys);
  return { reader, reads, begun: () => new Promise<void>((resolve) => began.push(resolve)) };
}

describe('reading for several at once', () => {
  it('reads together what is asked for together or while a read is under way', async () => {
    const { reader, reads, begun } = gated();
    let next = begun();
    const first = [reader.load([1, 2]), reader.load([2, 3])];
    await next;
    expect(reads[0]?.keys).toEqual([1, 2, 3]);
    const second = [reader.load([1]), reader.load([4])];
    next = begun();
    reads[0]?.answer();
    await Promise.all(first);
    // What was asked for after a read began must not be answered by it.
    await next;
    expect(reads[1]?.keys).toEqual([1, 4]);
    reads[1]?.answer();
    expect((await second[1])?.get(4)).toBe('v4');
  });

  it('bounds each read', async () => {
    const { reader, reads, begun } = gated(3);
    let next = begun();
    const all = [reader.load([1, 2]), reader.load([3, 4]), reader.load([5])];
    await next;
    expect(reads[0]?.keys).toEqual([1, 2]);
    next = begun();
    reads[0]?.answer();
    await next;
    expect(reads[1]?.keys).toEqual([3, 4, 5]);
    reads[1]?.answer();
    await Promise.all(all);
  });

  it('fails those whose read failed, and goes on', async () => {
    const { reader, reads, begun } = gated();
    let next = begun();
    const failing = reader.load([1]);
    await next;
    const fine = reader.load([2]);
    next = begun();
    reads[0]?.fail(new Error('away'));
    await expect(failing).rejects.toThrow('away');
    await next;
    reads[1]?.answer();
    expect((await fine).get(2)).toBe('v2');
  });
});
