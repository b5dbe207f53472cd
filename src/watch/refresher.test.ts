import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Refresher, spacingFor } from './refresher.ts';

describe('keeping a view up to date', () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('works at once when idle, then no more often than the spacing allows', async () => {
    const begins: number[] = [];
    const refresher = new Refresher({
      work: async () => {
        begins.push(performance.now());
      },
      spacing: () => 40,
    });
    await vi.advanceTimersByTimeAsync(100);
    refresher.request();
    refresher.request();
    await vi.advanceTimersByTimeAsync(1);
    expect(begins).toHaveLength(1);
    for (let i = 0; i < 5; i++) refresher.request();
    await vi.advanceTimersByTimeAsync(30);
    expect(begins).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10);
    expect(begins).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(begins).toHaveLength(2);
  });

  it('never works twice at a time, and works again for what was asked for meanwhile', async () => {
    const gates: (() => void)[] = [];
    const refresher = new Refresher({
      work: () => new Promise<void>((resolve) => gates.push(resolve)),
      spacing: () => 0,
    });
    refresher.request();
    await vi.advanceTimersByTimeAsync(1);
    refresher.request();
    await vi.advanceTimersByTimeAsync(100);
    expect(gates).toHaveLength(1);
    gates[0]?.();
    await vi.advanceTimersByTimeAsync(1);
    expect(gates).toHaveLength(2);
  });

  it('tries again after a failure, later and later, until it is stopped', async () => {
    const begins: number[] = [];
    const errors: unknown[] = [];
    const refresher = new Refresher({
      work: () => {
        begins.push(performance.now());
        return Promise.reject(new Error('away'));
      },
      spacing: () => 0,
      onError: (error) => errors.push(error),
    });
    refresher.request();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(errors.length).toBe(begins.length);
    expect(begins.length).toBeGreaterThan(5);
    expect(begins.length).toBeLessThan(20);
    refresher.stop();
    const { length } = begins;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(begins).toHaveLength(length);
  });

  it('spaces updates by the number of subscribers, within bounds', () => {
    expect([1, 100, 400, 100_000].map(spacingFor)).toEqual([4, 10, 40, 100]);
  });
});
