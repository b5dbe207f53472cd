import { randomUUID } from 'node:crypto';
import { Waker } from '../executor/waker.ts';
import type { Logger } from '../logger.ts';
import type { Dialect } from '../repository/dialects/dialect.ts';
import {
  finishRun,
  type LeasedRun,
  leaseRuns,
  type OutboxStatus,
  outboxStatus,
  putOffRun,
  readEntries,
  removeEntries,
  renewLease,
} from '../repository/outbox.ts';
import type { Flushed } from '../repository/write/flush.ts';
import { type Clock, type Instant, microsOf, millisBetween, plusMillis } from '../runs/instant.ts';
import { backoffMs } from './backoff.ts';
import { TellError } from './outcome.ts';
import type { OutboxMetrics, Teller } from './teller.ts';

/** What a courier works with, and its bounds, in milliseconds. */
export interface CourierOptions {
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly teller: Teller;
  readonly metrics: OutboxMetrics;
  readonly logger: Logger;
  /** A run whose courier is gone is taken up by another one after this time. */
  readonly leaseMs: number;
  /** Between two looks at the outbox while nothing is heard of it. */
  readonly pollMs: number;
  /** From when on it is worth a word that the oldest entry still waits. */
  readonly warnAfterMs: number;
  readonly random?: () => number;
}

/** Runs that are told of at the same time. */
const MAX_RUNS = 16;
const PAGE = 50;
const LEAST_PAUSE_MS = 10;

/**
 * Delivers the outbox for one target: of each run in order, each entry at least once, by one process at a time. What fails is tried again
 * with growing pauses, for ever; while the peer seems to be away only one run at a time is tried.
 */
export class Courier {
  readonly #options: CourierOptions;
  readonly #owner = randomUUID();
  readonly #waker = new Waker();
  readonly #stop = new AbortController();
  readonly #active = new Map<number, Promise<void>>();
  readonly #random: () => number;
  #loop: Promise<void> | undefined;
  #failures = 0;
  #pausedUntil: Instant = '';
  #away: string | undefined;
  #trouble: string | undefined;
  #status: OutboxStatus = { waiting: 0, oldestAt: null, nextAt: null, problem: null };

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** Begins to work. */
  start(): void {
    this.#loop ??= this.#work();
  }

  /** To be called with each transaction that this process commits. */
  readonly committed = (flushed: Pick<Flushed, 'tells'>): void => {
    if (flushed.tells) this.wake();
  };

  /** Has it look at the outbox at once. */
  wake(): void {
    this.#waker.wake();
  }

  /** Ends calls in flight and resolves when it uses the database no more; what was not told is told after the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.wake();
    await this.#loop;
    await Promise.all(this.#active.values());
  }

  /** Says, with the reason, that something has waited for long. The service works all the same, so this keeps nobody away. */
  readonly readiness = {
    name: 'outbox',
    advisory: true,
    check: async (): Promise<void> => {
      const { teller, clock, warnAfterMs } = this.#options;
      if (this.#trouble !== undefined) throw new Error(`the outbox can't be read: ${this.#trouble}`);
      const { oldestAt, waiting, problem } = this.#status;
      const age = oldestAt === null ? 0 : millisBetween(oldestAt, clock());
      if (age <= warnAfterMs) return;
      const why = this.#away ?? problem ?? 'it is busy';
      throw new Error(
        `${waiting} messages wait for ${teller.url} (${teller.key}), the oldest for ${Math.round(age / 1000)} s: ${why}`,
      );
    },
  };

  async #work(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let pause = this.#options.pollMs;
      try {
        pause = await this.#pass();
        this.#trouble = undefined;
      } catch (error) {
        if (this.#trouble === undefined)
          this.#options.logger.error({ err: error }, "the outbox can't be read");
        this.#trouble = error instanceof Error ? error.message : String(error);
      }
      if (!this.#stop.signal.aborted) await this.#waker.pause(pause);
    }
  }

  /** Sends off what is due; answers after how many milliseconds to look again. */
  async #pass(): Promise<number> {
    const { dialect, clock, teller, pollMs, leaseMs } = this.#options;
    const now = clock();
    const room = (this.#failures > 0 ? 1 : MAX_RUNS) - this.#active.size;
    if (room > 0 && this.#pausedUntil <= now) {
      const lease = { owner: this.#owner, now, leaseMs, limit: room };
      for (const run of await leaseRuns(dialect, teller.target, lease)) this.#send(run);
    }
    this.#status = await outboxStatus(dialect.reader, teller.target);
    this.#show(now);
    const { nextAt } = this.#status;
    // When there is no room the end of a run on its way wakes us.
    if (nextAt === null || this.#active.size > 0) return pollMs;
    const due = nextAt > this.#pausedUntil ? nextAt : this.#pausedUntil;
    const wait = Number((microsOf(due) - microsOf(clock())) / 1000n) + 1;
    return Math.min(pollMs, Math.max(LEAST_PAUSE_MS, wait));
  }

  #show(now: Instant): void {
    const { teller, metrics } = this.#options;
    const { waiting, oldestAt } = this.#status;
    const labels = { target: teller.target.toLowerCase() };
    metrics.waiting.set(labels, waiting);
    metrics.oldestSeconds.set(labels, oldestAt === null ? 0 : millisBetween(oldestAt, now) / 1000);
  }

  #send(run: LeasedRun): void {
    const way = this.#deliver(run)
      .catch((error: unknown) => {
        // The lease ends by itself, and the run is taken up again.
        if (!this.#stop.signal.aborted)
          this.#options.logger.error(
            { err: error, runId: run.run_id },
            'a run of the outbox was given up for now',
          );
      })
      .finally(() => {
        this.#active.delete(run.run_id);
        this.wake();
      });
    this.#active.set(run.run_id, way);
  }

  async #deliver(run: LeasedRun): Promise<void> {
    const lost = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, lost.signal]);
    const beat = setInterval(() => {
      this.#renew(run).then(
        (held) => held || lost.abort(new Error('another process took the run over')),
        () => {},
      );
    }, this.#options.leaseMs / 3).unref();
    try {
      await this.#tellAll(run, signal);
    } finally {
      clearInterval(beat);
    }
  }

  async #tellAll(run: LeasedRun, signal: AbortSignal): Promise<void> {
    const { dialect, teller, metrics } = this.#options;
    let lastId = run.last_id;
    for (;;) {
      const entries = await readEntries(dialect.writer, run, PAGE);
      if (entries.length === 0) {
        if (await finishRun(dialect, run, lastId)) return;
        // There is more by now, or somebody else has the run.
        if (!(await this.#renew(run))) return;
        continue;
      }
      let told = 0;
      const first = entries[0]?.id ?? 0;
      try {
        await teller.tell(
          entries,
          (upTo) => {
            told = upTo;
          },
          signal,
        );
      } catch (error) {
        if (told >= first) await removeEntries(dialect.writer, run, told);
        await this.#failed(run, error, told >= first);
        return;
      }
      metrics.told.inc({ target: teller.target.toLowerCase() }, entries.length);
      await removeEntries(dialect.writer, run, told);
      lastId = Math.max(lastId, told);
      this.#succeeded();
    }
  }

  #renew(run: LeasedRun): Promise<boolean> {
    const { dialect, clock, leaseMs } = this.#options;
    return renewLease(dialect, run, plusMillis(clock(), leaseMs));
  }

  #succeeded(): void {
    if (this.#away !== undefined)
      this.#options.logger.info({ url: this.#options.teller.url }, 'the other service is back');
    this.#failures = 0;
    this.#pausedUntil = '';
    this.#away = undefined;
  }

  async #failed(run: LeasedRun, error: unknown, progressed: boolean): Promise<void> {
    const { dialect, clock, teller, metrics, logger } = this.#options;
    if (this.#stop.signal.aborted) {
      // Does nothing if the lease is lost; otherwise the run need not wait for its end.
      await putOffRun(dialect, run, { tries: run.tries, notBefore: clock(), problem: run.problem });
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof TellError ? error.code : 'Internal';
    metrics.failures.inc({ target: teller.target.toLowerCase(), code });
    if (error instanceof TellError && error.isAway) {
      this.#failures++;
      this.#pausedUntil = plusMillis(clock(), backoffMs(this.#failures, this.#random));
      if (this.#away === undefined)
        logger.warn({ url: teller.url, code, reason: message }, 'the other service is away');
      this.#away = `${code}: ${message}`;
    } else {
      logger.warn({ err: error, runId: run.run_id }, 'a message could not be delivered; it is tried again');
    }
    const tries = progressed ? 1 : run.tries + 1;
    await putOffRun(dialect, run, {
      tries,
      notBefore: plusMillis(clock(), backoffMs(tries, this.#random)),
      problem: `${code}: ${message}`.slice(0, 1000),
    });
  }
}
