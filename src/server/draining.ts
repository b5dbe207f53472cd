/** Tells open streams that the service is about to stop. */
export interface Draining {
  readonly begun: boolean;
  /** Calls back once when draining begins, at once if it has; returns what takes the callback away. */
  onBegin(callback: () => void): () => void;
  begin(): void;
}

/**
 * A one-way switch. Not an AbortSignal: its listeners are a linked list that each registration walks, which
 * ten thousand open streams would feel.
 */
export function createDraining(): Draining {
  const callbacks = new Set<() => void>();
  let begun = false;
  return {
    get begun() {
      return begun;
    },
    onBegin(callback) {
      if (begun) {
        callback();
        return () => undefined;
      }
      // A wrapper of its own, so that the same function can be registered twice.
      const entry = () => callback();
      callbacks.add(entry);
      return () => callbacks.delete(entry);
    },
    begin() {
      if (begun) return;
      begun = true;
      for (const callback of callbacks) callback();
      callbacks.clear();
    },
  };
}
