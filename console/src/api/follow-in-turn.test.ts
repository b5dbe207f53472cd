import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { followInTurn } from './follow-in-turn.ts';
import type { Slot } from './stream-slots.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A stream that says what the test pushes, and a slot that the test grants and takes. */
function makeStream({ granted }: { granted: boolean }) {
  let isGranted = granted;
  const listeners = new Set<() => void>();
  const slot = {
    granted: () => isGranted,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: vi.fn(),
  } satisfies Slot;
  const grant = (next: boolean) => {
    isGranted = next;
    for (const listener of [...listeners]) listener();
    return vi.advanceTimersByTimeAsync(0);
  };
  const seen: string[] = [];
  let push: (text: string | undefined) => void = () => undefined;
  let opened = 0;
  const stop = new AbortController();
  const done = followInTurn<string>(
    {
      async *open(signal) {
        opened++;
        while (true) {
          const next = await new Promise<string | undefined>((resolve, reject) => {
            push = resolve;
            signal.addEventListener('abort', () => reject(signal.reason));
          });
          if (next === undefined) return;
          yield next;
        }
      },
      onMessage: (message, first) => seen.push(first ? `first ${message}` : message),
      onState: (state) => seen.push(`(${state})`),
    },
    slot,
    stop.signal,
  );
  const say = (text: string | undefined) => {
    push(text);
    return vi.advanceTimersByTimeAsync(0);
  };
  return { slot, grant, say, seen, stop, done, opened: () => opened, listeners };
}

it('reads what is there without a slot, and is paused until it gets one', async () => {
  const { slot, grant, say, seen, opened, done } = makeStream({ granted: false });
  await say('a');
  await say('b');
  await vi.advanceTimersByTimeAsync(1000);
  expect(seen).toEqual(['(connecting)', 'first a', 'b', '(paused)']);
  await grant(true);
  await say('a');
  expect(opened()).toBe(2);
  expect(seen.slice(4)).toEqual(['(connecting)', 'first a', '(live)']);
  await say(undefined);
  await done;
  expect(seen.at(-1)).toBe('(ended)');
  expect(slot.close).toHaveBeenCalled();
});

it('gives a live stream up when the slot is taken', async () => {
  const { grant, say, seen, stop, done, listeners } = makeStream({ granted: true });
  await say('a');
  await vi.advanceTimersByTimeAsync(60_000);
  await grant(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual(['(connecting)', 'first a', '(live)', '(paused)']);
  stop.abort();
  await done;
  expect([seen.at(-1), listeners.size]).toEqual(['(paused)', 0]);
});

it('keeps a stream that was granted its slot while it was read', async () => {
  const { grant, say, seen } = makeStream({ granted: false });
  await say('a');
  await grant(true);
  await vi.advanceTimersByTimeAsync(60_000);
  await say('b');
  expect(seen).toEqual(['(connecting)', 'first a', '(live)', 'b']);
});

it('does not read forever what never rests', async () => {
  const { say, seen } = makeStream({ granted: false });
  for (let at = 0; at < 20; at++) {
    await say(String(at));
    await vi.advanceTimersByTimeAsync(300);
  }
  expect(seen.at(-1)).toBe('(paused)');
});

it('does not keep the connection for a stream that says nothing', async () => {
  const { seen } = makeStream({ granted: false });
  await vi.advanceTimersByTimeAsync(31_000);
  expect(seen).toEqual(['(connecting)', '(paused)']);
});
