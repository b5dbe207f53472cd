import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Visible, watchSeen } from './seen.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function makePage() {
  const events = new EventTarget();
  const page = {
    visibilityState: 'visible',
    addEventListener: (type: string, listener: () => void) => events.addEventListener(type, listener),
    removeEventListener: (type: string, listener: () => void) => events.removeEventListener(type, listener),
  } satisfies Visible;
  const show = (state: 'visible' | 'hidden') => {
    page.visibilityState = state;
    events.dispatchEvent(new Event('visibilitychange'));
  };
  return { page, show };
}

it('counts a hidden page as seen for a while, and one that is looked at again at once', () => {
  const { page, show } = makePage();
  const seen = watchSeen(page, 60_000);
  const told: boolean[] = [];
  const stop = seen.subscribe(() => told.push(seen.read()));
  show('hidden');
  vi.advanceTimersByTime(59_000);
  show('visible');
  vi.advanceTimersByTime(120_000);
  expect(told).toEqual([]);
  show('hidden');
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([false]);
  show('visible');
  expect(told).toEqual([false, true]);
  stop();
  show('hidden');
  expect(vi.getTimerCount()).toBe(0);
  expect(seen.read()).toBe(true);
});

it('notices that a page was opened in the background', () => {
  const { page } = makePage();
  page.visibilityState = 'hidden';
  const seen = watchSeen(page, 1000);
  seen.subscribe(() => undefined);
  vi.advanceTimersByTime(1000);
  expect(seen.read()).toBe(false);
});
