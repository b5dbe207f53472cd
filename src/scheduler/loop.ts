import type { Logger } from '../logger.ts';
import { type Clock, type Instant, millisBetween } from '../runs/instant.ts';
import type { Scheduler } from './scheduler.ts';

/** Waits so many milliseconds, or until the signal is aborted, whichever comes first; it never rejects. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** What the loop works with. */
export interface SchedulerLoopOptions {
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  /** The longest wait, in milliseconds: triggers that another process changed are noticed after it. */
  readonly pollMs: number;
  readonly logger: Pick<Logger, 'warn'>;
  readonly wait?: Wait;
}

/** A scheduler at work. */
export interface SchedulerLoop {
  start(): void;
  /** Says that triggers were changed: the next one may be due earlier. */
  hint(): void;
  /** Begins nothing more; resolves when what was begun is done. */
  stop(): Promise<void>;
}

/** How long the loop waits after a failure, in milliseconds. */
const FAILURE_WAIT_MS = 1000;
/** So that a clock which is a little behind the timer does not make the loop spin. */
const MIN_WAIT_MS = 1;

/** Fires what is due, waits for the next time or for a hint, and begins anew. A database that is away is asked again until it is back. */
export function createSchedulerLoop(options: SchedulerLoopOptions): SchedulerLoop {
  const { scheduler, clock, pollMs, logger } = options;
  const wait: Wait = options.wait ?? waitOnTimer;
  const stopping = new AbortController();
  let waking = new AbortController();
  let hinted = false;
  let running: Promise<void> | undefined;

  const waitFor = async (ms: number): Promise<void> => {
    if (hinted) return;
    waking = new AbortController();
    await wait(ms, AbortSignal.any([stopping.signal, waking.signal]));
  };

  const run = async (): Promise<void> => {
    let failing = false;
    while (!stopping.signal.aborted) {
      hinted = false;
      try {
        const next = await scheduler.tick(stopping.signal);
        failing = false;
        await waitFor(waitMs(next, clock(), pollMs));
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (!failing) logger.warn({ err: error }, 'triggers could not be fired; trying again');
        failing = true;
        await waitFor(Math.min(FAILURE_WAIT_MS, pollMs));
      }
    }
  };

  return {
    start() {
      running ??= run();
    },
    hint() {
      hinted = true;
      waking.abort();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** How long to wait for the next trigger, within the bound. */
function waitMs(next: Instant | undefined, now: Instant, pollMs: number): number {
  if (next === undefined) return pollMs;
  return Math.min(pollMs, Math.max(MIN_WAIT_MS, millisBetween(now, next) + 1));
}

function waitOnTimer(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
