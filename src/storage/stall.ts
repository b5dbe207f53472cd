/** Watches a transfer that must not stand still. */
export interface Progress extends Disposable {
  /** To be called whenever something moved. */
  made(): void;
}

/** Calls `onStall` once if nothing moved for so many milliseconds; disposing ends the watch. */
export function watchProgress(stallTimeoutMs: number, onStall: () => void): Progress {
  const timer = setTimeout(onStall, stallTimeoutMs);
  timer.unref();
  return {
    made: () => {
      timer.refresh();
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
