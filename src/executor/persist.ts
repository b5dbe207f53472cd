import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../runs/errors.ts';

/** The executor is being stopped: whatever was under way is found again by the next one. */
export class Stopped extends Error {}

/** The action is not in the database any more, or not in the hands of this executor. */
export class Gone extends Error {}

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 5000;

/**
 * Does something that only trouble of the database or the storage can keep from succeeding, as often as it takes. Throws Gone if the action
 * was deleted or another executor took it over, Stopped once `stop` is aborted.
 */
export async function persist<R>(
  work: () => Promise<R>,
  stop: AbortSignal,
  onTrouble: (error: unknown) => void,
): Promise<R> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
    if (stop.aborted) throw new Stopped();
    try {
      return await work();
    } catch (error) {
      if (stop.aborted) throw new Stopped();
      if (error instanceof DomainError && (error.code === 'not_found' || error.code === 'aborted'))
        throw new Gone();
      onTrouble(error);
      await sleep(pause, undefined, { signal: stop }).catch(() => {});
    }
  }
}

/** Waits for something, or throws Stopped. */
export async function untilStopped<R>(work: Promise<R>, stop: AbortSignal): Promise<R> {
  let onAbort = (): void => {};
  try {
    return await new Promise<R>((resolve, reject) => {
      onAbort = () => reject(new Stopped());
      if (stop.aborted) onAbort();
      stop.addEventListener('abort', onAbort, { once: true });
      work.then(resolve, reject);
    });
  } finally {
    stop.removeEventListener('abort', onAbort);
  }
}
