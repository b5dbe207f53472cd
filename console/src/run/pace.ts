import type { Schedule } from '../api/frame-store.ts';

/** Calls back before a frame, but not sooner than `pause()` milliseconds after the time before. */
export function calmly(pause: () => number): Schedule {
  let last = Number.NEGATIVE_INFINITY;
  const onFrame = (callback: () => void) =>
    requestAnimationFrame((now) => {
      last = now;
      callback();
    });
  return (callback) => {
    const wait = last + pause() - performance.now();
    if (wait <= 0) onFrame(callback);
    else setTimeout(() => onFrame(callback), wait);
  };
}

/**
 * The same messages, each in a task of its own. Many of them can arrive in one piece; without breaks the page would stand still until all of
 * them are read.
 */
export async function* withBreaks<M>(messages: AsyncIterable<M>): AsyncGenerator<M> {
  for await (const message of messages) {
    yield message;
    await nextTask();
  }
}

const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

/** Not a timer: the browser slows those down on hidden pages, and to four milliseconds on any. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(undefined);
  });
}
