import { type FSWatcher, watch } from 'node:fs';
import { Pause } from '../watch/pause.ts';
import { type LogBatch, LogFile } from './log-file.ts';

/** However often a task prints, its log is read at most every so many milliseconds; and however little is heard of it, at least so often. */
const LEAST_PAUSE_MS = 50;
const MOST_PAUSE_MS = 1000;

/** What there is to know about following a log. */
export interface FollowOptions {
  /** Resolves when nothing will be written any more. It may reject: then following ends with that error. */
  readonly ended: Promise<unknown>;
  /** Ends it at once; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Milliseconds between two looks at least and at most; the defaults are those of production. */
  readonly pauseMs?: readonly [number, number];
}

/**
 * The lines of a log: those that there are, and then each as it is written, until `ended` says that there will be no more. Returns false if there is
 * no such file. Throws LogVanished if it was removed meanwhile.
 */
export async function* followLog(path: string, options: FollowOptions): AsyncGenerator<LogBatch, boolean> {
  const { signal, pauseMs: [least, most] = [LEAST_PAUSE_MS, MOST_PAUSE_MS] } = options;
  const file = await LogFile.open(path);
  if (file === undefined) return false;
  const pause = new Pause();
  const end = () => pause.end();
  signal.addEventListener('abort', end, { once: true });
  const watcher = watchFile(path, () => pause.ring());
  let outcome: { error?: unknown } | undefined;
  const settled = (how: { error?: unknown }) => {
    outcome = how;
    pause.end();
  };
  options.ended.then(
    () => settled({}),
    (error: unknown) => settled({ error }),
  );
  try {
    for (;;) {
      signal.throwIfAborted();
      // What was known before reading: what is written after it is read in the next turn.
      const last = outcome;
      if (last?.error !== undefined) throw last.error;
      pause.reset();
      for await (const batch of file.read()) {
        yield batch;
        signal.throwIfAborted();
      }
      if (last !== undefined) {
        yield* file.rest();
        return true;
      }
      await pause.between(least, most);
    }
  } finally {
    signal.removeEventListener('abort', end);
    watcher?.close();
    await file.close();
  }
}

/** Undefined where the system has no watch to spare; then the pauses alone bring the news. */
function watchFile(path: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, changed);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
