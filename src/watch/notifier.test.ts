import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Notifier } from './notifier.ts';

describe('a notifier', () => {
  let awaited: () => Promise<boolean>;
  let sent = 0;
  let looks = 0;
  let notifier: Notifier;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    awaited = async () => true;
    sent = 0;
    looks = 0;
    notifier = new Notifier({
      now: Date.now,
      send: async () => {
        sent++;
      },
      isAwaited: () => {
        looks++;
        return awaited();
      },
    });
  });
  afterEach(() => {
    notifier.stop();
    vi.useRealTimers();
  });
  const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

  it('tells of the first write at once, and of those that follow no more often than each 20 ms', async () => {
    notifier.wrote();
    await pass(0);
    expect(sent).toBe(1);
    for (let write = 0; write < 19; write++) {
      notifier.wrote();
      await pass(1);
    }
    expect(sent).toBe(1);
    await pass(1);
    expect(sent).toBe(2);
    await pass(1000);
    expect([sent, looks]).toEqual([2, 1]);
  });

  it('sends nothing while nobody waits, and looks for that every five seconds of writing', async () => {
    awaited = async () => false;
    for (let second = 0; second < 10; second++) {
      for (let write = 0; write < 100; write++) notifier.wrote();
      await pass(1000);
    }
    expect([sent, looks]).toEqual([0, 2]);
    await pass(60_000);
    expect(looks).toBe(2);
  });

  it('finds out by itself that somebody waits, if his word was lost', async () => {
    awaited = async () => false;
    notifier.wrote();
    await pass(0);
    awaited = async () => true;
    await pass(5000);
    expect(sent).toBe(0);
    notifier.wrote();
    await pass(0);
    expect(sent).toBe(1);
  });

  it('ends when nobody waits any more', async () => {
    notifier.wrote();
    await pass(0);
    awaited = async () => false;
    await pass(5000);
    notifier.wrote();
    await pass(100);
    expect(sent).toBe(1);
  });

  it('tells who begins to wait of what was written before, once', async () => {
    awaited = async () => false;
    notifier.wrote();
    await pass(0);
    expect(sent).toBe(0);
    await pass(20);
    notifier.asked();
    await pass(0);
    expect(sent).toBe(1);
    await pass(20);
    notifier.asked();
    await pass(100);
    expect(sent).toBe(1);
  });

  it('believes who asks more than a look that was under way', async () => {
    const look = Promise.withResolvers<boolean>();
    awaited = () => look.promise;
    notifier.wrote();
    await pass(0);
    expect(looks).toBe(1);
    notifier.asked();
    look.resolve(false);
    await pass(20);
    expect(sent).toBe(1);
  });

  it('looks again when it may have missed who asked, also for what is written already', async () => {
    awaited = async () => false;
    notifier.wrote();
    await pass(100);
    awaited = async () => true;
    notifier.unsure();
    await pass(0);
    expect([sent, looks]).toEqual([1, 2]);
  });

  it('tries later when it can not find out', async () => {
    awaited = async () => {
      throw new Error('the database is away');
    };
    notifier.wrote();
    await pass(999);
    expect([sent, looks]).toEqual([0, 1]);
    awaited = async () => true;
    await pass(1);
    expect([sent, looks]).toEqual([1, 2]);
  });

  it('does nothing after its end', async () => {
    notifier.wrote();
    notifier.stop();
    await pass(1000);
    notifier.asked();
    await pass(1000);
    expect([sent, looks]).toEqual([0, 0]);
  });
});
