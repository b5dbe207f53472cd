import { expect, it } from 'vitest';
import { FrameStore } from './frame-store.ts';

it('tells of many changes once per frame', () => {
  const frames: (() => void)[] = [];
  const store = new FrameStore((callback) => frames.push(callback));
  let told = 0;
  const stop = store.subscribe(() => told++);
  for (let change = 0; change < 200; change++) store.touch();
  expect([frames.length, told, store.version()]).toEqual([1, 0, 0]);
  frames.pop()?.();
  const version = store.version();
  expect([told, version > 0]).toEqual([1, true]);
  store.touch();
  expect([frames.length, store.version()]).toEqual([1, version]);
  stop();
  frames.pop()?.();
  expect(told).toBe(1);
  expect(store.version()).not.toBe(version);
});
