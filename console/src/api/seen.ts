/** What tells whether the page is seen: the document, replaced in tests. */
export interface Visible {
  readonly visibilityState: string;
  addEventListener(type: 'visibilitychange', listener: () => void): void;
  removeEventListener(type: 'visibilitychange', listener: () => void): void;
}

/** Whether the page is, or was until a moment ago, seen by somebody; made for useSyncExternalStore. */
export interface Seen {
  subscribe(listener: () => void): () => void;
  read(): boolean;
}

/** A tab that nobody looks at counts as seen for `graceMs` longer. */
export function watchSeen(page: Visible, graceMs: number): Seen {
  let seen = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listeners = new Set<() => void>();
  const set = (next: boolean) => {
    if (seen === next) return;
    seen = next;
    for (const listener of listeners) listener();
  };
  const onChange = () => {
    clearTimeout(timer);
    timer = undefined;
    if (page.visibilityState === 'visible') set(true);
    else timer = setTimeout(() => set(false), graceMs);
  };
  return {
    read: () => seen,
    subscribe(listener) {
      listeners.add(listener);
      if (listeners.size === 1) {
        page.addEventListener('visibilitychange', onChange);
        onChange();
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        page.removeEventListener('visibilitychange', onChange);
        clearTimeout(timer);
        seen = true;
      };
    },
  };
}
