import { useSyncExternalStore } from 'react';
import type { StreamState } from './follow.ts';

/** What the header shows: the state of the page's stream, undefined where a page has none. */
export interface Connection {
  readonly state: StreamState;
  readonly error?: unknown;
}

let current: Connection | undefined;
const listeners = new Set<() => void>();

/** Says how the page's stream is doing. */
export function setConnection(connection: Connection | undefined): void {
  current = connection;
  for (const listener of listeners) listener();
}

/** How the page's stream is doing. */
export function useConnection(): Connection | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => current,
  );
}
