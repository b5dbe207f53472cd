import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';

/** How a stream is followed. */
export interface FollowOptions {
  /** Ends the stream, also while it waits to reconnect. */
  readonly signal: AbortSignal;
  /** Told of each break before the wait; `delayMs` is how long that will be. */
  readonly onBreak: (error: ConnectError, delayMs: number) => void;
  /** The first wait in milliseconds (250 unless given); each further one is twice as long, up to 10 seconds. */
  readonly firstDelayMs?: number;
}

const MAX_DELAY_MS = 10_000;

/** Errors that the same request would meet again. */
const HOPELESS = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.FailedPrecondition,
  Code.OutOfRange,
  Code.PermissionDenied,
  Code.Unauthenticated,
  Code.Unimplemented,
]);

/**
 * The messages of a watch, which is opened again whenever it breaks. Each watch of the service begins with a complete snapshot, so
 * nothing is lost by that: what changed in between is part of the next snapshot.
 *
 * Ends when the service ends the stream, or when the signal is aborted. Throws a ConnectError that reconnecting can't mend.
 */
export async function* follow<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  { signal, onBreak, firstDelayMs = 250 }: FollowOptions,
): AsyncGenerator<T> {
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
    try {
      for await (const message of open(signal)) {
        delayMs = firstDelayMs / 2;
        yield message;
      }
      return;
    } catch (reason) {
      const error = ConnectError.from(reason);
      if (signal.aborted) return;
      if (HOPELESS.has(error.code)) throw error;
      // Not all watchers of a service that restarts should come back in the same moment.
      const jittered = delayMs * (0.5 + Math.random());
      onBreak(error, jittered);
      await sleep(jittered, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }
}
