import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { StreamSlots, type TabChannel } from './stream-slots.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1000 }));
afterEach(() => void vi.useRealTimers());

/** Tabs of one browser, which hear each other at once. */
function makeBrowser(most: number) {
  type Listener = (event: { data: unknown }) => void;
  const channels = new Map<string, Listener>();
  const tab = (name: string, background = false) => {
    const channel: TabChannel = {
      postMessage(data) {
        for (const [other, listener] of [...channels]) if (other !== name) listener({ data });
      },
      addEventListener: (_, listener) => void channels.set(name, listener),
    };
    vi.advanceTimersByTime(1);
    return new StreamSlots({ tab: name, most, channel, usedAt: background ? 0 : Date.now(), now: Date.now });
  };
  return { tab, crash: (name: string) => void channels.delete(name) };
}

/** What was told on the way is told by now. */
const settled = () => vi.advanceTimersByTimeAsync(0);

it('gives the streams to the tabs that were used last, and takes them from the others', async () => {
  const { tab } = makeBrowser(2);
  const tabs = ['a', 'b', 'c'].map((name) => tab(name));
  const slots = tabs.map((one) => one.open());
  await settled();
  expect(slots.map((slot) => slot.granted())).toEqual([false, true, true]);
  vi.advanceTimersByTime(1);
  tabs[0]?.use();
  await settled();
  expect(slots.map((slot) => slot.granted())).toEqual([true, false, true]);
});

it('tells a waiting tab when a stream was closed, or its page left', async () => {
  const { tab } = makeBrowser(1);
  const [first, second, third] = ['a', 'b', 'c'].map((name) => tab(name));
  const slots = [first, second, third].map((one) => one?.open());
  await settled();
  const told = vi.fn();
  slots[0]?.subscribe(told);
  slots[2]?.close();
  await settled();
  expect(slots.slice(0, 2).map((slot) => slot?.granted())).toEqual([false, true]);
  second?.leave();
  await settled();
  expect([slots[0]?.granted(), told.mock.calls.length]).toEqual([true, 1]);
  second?.comeBack();
  await settled();
  expect([slots[0]?.granted(), slots[1]?.granted()]).toEqual([false, true]);
});

it('counts each stream: a tab with two leaves less to the others', async () => {
  const { tab } = makeBrowser(2);
  const before = tab('a').open();
  await settled();
  expect(before.granted()).toBe(true);
  const other = tab('b');
  const [page, log] = [other.open(), other.open()];
  await settled();
  expect([before, page, log].map((slot) => slot.granted())).toEqual([false, true, true]);
  page.close();
  await settled();
  expect([before, log].map((slot) => slot.granted())).toEqual([true, true]);
});

it('lets a tab that was opened in the background take only what is left', async () => {
  const { tab } = makeBrowser(1);
  const held = tab('a').open();
  await settled();
  const slot = tab('b', true).open();
  expect(slot.granted()).toBe(false);
  await vi.advanceTimersByTimeAsync(1000);
  expect([held.granted(), slot.granted()]).toEqual([true, false]);
  held.close();
  await settled();
  expect(slot.granted()).toBe(true);
});

it('does not wait forever for a tab that died without a word', async () => {
  const { tab, crash } = makeBrowser(2);
  const slots = [tab('a'), tab('b'), tab('c')].map((one) => one.open());
  await settled();
  expect(slots.map((slot) => slot.granted())).toEqual([false, true, true]);
  crash('c');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(slots.slice(0, 2).map((slot) => slot.granted())).toEqual([true, true]);
});

it('asks nobody any more once nothing waits', async () => {
  const { tab } = makeBrowser(1);
  const [a, b] = [tab('a').open(), tab('b').open()];
  await settled();
  b.close();
  a.close();
  await vi.advanceTimersByTimeAsync(1000);
  expect(vi.getTimerCount()).toBe(0);
});
