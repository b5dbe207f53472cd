import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Waiters } from './waiter.ts';

describe('waiting for news', () => {
  it('ends at once for news that came before the wait, and once for several', async () => {
    const waiters = new Waiters();
    const waiter = waiters.add(new AbortController().signal);
    waiters.ring();
    waiters.ring();
    await waiter.wait();
    let woken = false;
    const second = waiter.wait().then(() => {
      woken = true;
    });
    await Promise.resolve();
    expect(woken).toBe(false);
    waiters.ring();
    await second;
  });

  it('ends with the reason of the signal, before and during the wait', async () => {
    const controller = new AbortController();
    const waiter = new Waiters().add(controller.signal);
    const waiting = waiter.wait();
    controller.abort(new Error('draining'));
    await expect(waiting).rejects.toThrow('draining');
    await expect(waiter.wait()).rejects.toThrow('draining');
  });

  it('leaves one listener on the signal however often it waits, and none when it is removed', async () => {
    const { signal } = new AbortController();
    const waiters = new Waiters();
    const waiter = waiters.add(signal);
    for (let i = 0; i < 50; i++) {
      const waiting = waiter.wait();
      waiters.ring();
      await waiting;
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    }
    waiters.remove(waiter);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(waiters.size).toBe(0);
  });
});
