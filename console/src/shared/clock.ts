import { useSyncExternalStore } from 'react';

// One clock for the whole page: every relative time and every growing duration moves at once, once a second.
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    timer = setInterval(tick, 1000);
    tick();
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const never = () => () => undefined;
const read = () => now;

/** The time in milliseconds, as of the last full second; a component with `ticking` false does not render for it. */
export function useNow(ticking = true): number {
  return useSyncExternalStore(ticking ? subscribe : never, read);
}
