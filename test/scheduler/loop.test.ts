import { describe, expect, it } from 'vitest';
import { createSchedulerLoop, type SchedulerLoop, type Wait } from '../../src/scheduler/loop.ts';
import type { Instant } from '../../src/runs/instant.ts';
import { minute, START } from './fixtures.ts';

/** A loop whose scheduler answers what the test says, and whose waits last until the test ends them. */
function newLoop(answers: (Instant | undefined | Error)[]) {
  const waits: { ms: number; end: () => void }[] = [];
  const ticks: number[] = [];
  const warnings: unknown[] = [];
  let waiting: (() => void) | undefined;
  const wait: Wait = (ms, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve());
      waits.push({ ms, end: resolve });
      waiting?.();
    });
  const loop: SchedulerLoop = createSchedulerLoop({
    scheduler: {
      async tick() {
        const answer = answers[ticks.length];
        ticks.push(ticks.length);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    clock: () => START,
    pollMs: 10_000,
    logger: { warn: (...args: unknown[]) => void warnings.push(args.at(-1)) },
    wait,
  });
  /** Resolves when the loop waits for the nth time. */
  const nthWait = async (n: number) => {
    while (waits.length < n) await new Promise<void>((resolve) => (waiting = resolve));
    return waits[n - 1];
  };
  return { loop, ticks, warnings, nthWait };
}

describe('the loop of the scheduler', () => {
  it('waits for the next time, but no longer than its bound', async () => {
    const { loop, nthWait } = newLoop([minute(0, 3), minute(5), undefined, START]);
    loop.start();
    const waited: (number | undefined)[] = [];
    for (const n of [1, 2, 3, 4]) {
      const wait = await nthWait(n);
      waited.push(wait?.ms);
      wait?.end();
    }
    expect(waited).toEqual([3001, 10_000, 10_000, 1]);
    await loop.stop();
  });

  it('looks again at once after a hint, also after one that comes while it fires', async () => {
    const { loop, ticks, nthWait } = newLoop([undefined, undefined, undefined]);
    loop.start();
    loop.hint();
    await nthWait(1);
    expect(ticks.length).toBe(2);
    loop.hint();
    await nthWait(2);
    expect(ticks.length).toBe(3);
    await loop.stop();
  });

  it('asks a database that is away again and again, and says so once', async () => {
    const { loop, warnings, nthWait } = newLoop([new Error('away'), new Error('away'), undefined]);
    loop.start();
    const waited: (number | undefined)[] = [];
    for (const n of [1, 2, 3]) {
      const wait = await nthWait(n);
      waited.push(wait?.ms);
      wait?.end();
    }
    expect(waited).toEqual([1000, 1000, 10_000]);
    expect(warnings).toEqual(['triggers could not be fired; trying again']);
    await loop.stop();
  });

  it('stops at once while it waits', async () => {
    const { loop, ticks, nthWait } = newLoop([undefined]);
    loop.start();
    await nthWait(1);
    await loop.stop();
    expect(ticks.length).toBe(1);
  });
});
