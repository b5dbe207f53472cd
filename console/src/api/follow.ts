import { isPassing } from './errors.ts';

/**
 * Where a stream stands: `connecting` (never had an answer), `live`, `reconnecting` (broke, opens again by itself), `offline` (the
 * browser has no network), `paused` (other tabs have the connections), `ended` (the service said all there is to say), `failed` (refused;
 * asking again would not help).
 */
export type StreamState = 'connecting' | 'live' | 'reconnecting' | 'offline' | 'paused' | 'ended' | 'failed';

/** A server stream and who listens to it. */
export interface Followed<M> {
  /** Opens the stream; it begins with a snapshot. */
  open(signal: AbortSignal): AsyncIterable<M>;
  /** A message; `first` marks the first of an opened stream, where a snapshot begins. */
  onMessage(message: M, first: boolean): void;
  onState(state: StreamState, error?: unknown): void;
}

/** The browser's clock, chance and network, replaced in tests. */
export interface World {
  wait(ms: number, signal: AbortSignal): Promise<void>;
  random(): number;
  isOnline(): boolean;
  /** Resolves once the network is back. */
  online(signal: AbortSignal): Promise<void>;
}

const FIRST_DELAY_MS = 300;
const LONGEST_DELAY_MS = 15_000;

/** Before the n-th attempt in a row (from 1): doubled each time, up to 15 s, less up to half of it by chance. */
export function delayBefore(attempt: number, random: number): number {
  const full = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS);
  return full * (1 - random / 2);
}

/** Follows a stream until it ends, is refused or `signal` is aborted; opens it again whenever it breaks. Never throws. */
export async function follow<M>(
  followed: Followed<M>,
  signal: AbortSignal,
  world: World = browser,
): Promise<void> {
  let failures = 0;
  followed.onState('connecting');
  while (!signal.aborted) {
    try {
      let first = true;
      for await (const message of followed.open(signal)) {
        if (signal.aborted) return;
        followed.onMessage(message, first);
        if (first) followed.onState('live');
        first = false;
        failures = 0;
      }
      if (!signal.aborted) followed.onState('ended');
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!isPassing(error)) {
        followed.onState('failed', error);
        return;
      }
      failures++;
      await pause(followed, failures, error, signal, world);
    }
  }
}

async function pause<M>(
  followed: Followed<M>,
  failures: number,
  error: unknown,
  signal: AbortSignal,
  world: World,
): Promise<void> {
  if (world.isOnline()) {
    followed.onState('reconnecting', error);
    await world.wait(delayBefore(failures, world.random()), signal);
  } else {
    followed.onState('offline', error);
    await world.online(signal);
  }
}

const browser: World = {
  random: Math.random,
  isOnline: () => navigator.onLine,
  wait: (ms, signal) =>
    until(signal, (done) => {
      const timer = setTimeout(done, ms);
      return () => clearTimeout(timer);
    }),
  online: (signal) =>
    until(signal, (done) => {
      addEventListener('online', done);
      return () => removeEventListener('online', done);
    }),
};

function until(signal: AbortSignal, start: (done: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      stop();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const stop = start(finish);
    signal.addEventListener('abort', finish);
    if (signal.aborted) finish();
  });
}
