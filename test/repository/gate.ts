/** Holds whoever passes, until it is opened: a hook that makes a race happen instead of waiting for it. */
export interface Gate {
  /** Passes at once if the gate is open, otherwise when it opens. */
  pass(): Promise<void>;
  /** Resolves when as many as that are held, or have passed. */
  reached(count?: number): Promise<void>;
  open(): void;
}

/** A closed gate. */
export function closedGate(): Gate {
  const opened = Promise.withResolvers<void>();
  let count = 0;
  const waiting: { count: number; resolve: () => void }[] = [];
  return {
    pass() {
      count++;
      for (const one of waiting) if (one.count <= count) one.resolve();
      return opened.promise;
    },
    reached(wanted = 1) {
      if (count >= wanted) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ count: wanted, resolve }));
    },
    open: opened.resolve,
  };
}

/** Whether a promise is still pending after everything that could settle it without the outside world has run. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  return !settled;
}
