import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Logger } from '../logger.ts';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { acquireLease, renewExecutorLease } from '../repository/executor-leases.ts';
import type { Clock } from '../runs/instant.ts';
import { Waker } from './waker.ts';
import type { LeaseTicket } from './wrapper.ts';

/** What a lease is made of. */
export interface LeaseOptions {
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly node: string;
  /** The name that the node had before there were leases. */
  readonly earlierName: string;
  /** Milliseconds after the last sign of life from which on others may take over. */
  readonly leaseMs: number;
  /** Tells the guards of processes how long they may let them run. */
  readonly file: string;
  /** Milliseconds on the clock that guards read, too. */
  readonly uptimeMs: () => number;
}

/** Signs of life per lease. */
const BEATS = 12;
/** A connection that is dead without knowing it must not cost the lease: after so long another one is tried. */
const MOST_BEATS_PER_TRY = 2;
const FAILURE_PAUSE_MS = 1000;

/** How much of a lease is over when the processes that run under it are ended. */
export const FENCE = 3 / 4;

/**
 * The right of this process to what its node holds, as long as it can be prolonged.
 *
 * Why nobody runs what it holds at the same time. A sign of life is a write to the executor's row; whoever wants to take over has to have
 * seen no such write for a whole lease, on its own clock. The holder counts from the moment before it sent the last write that succeeded,
 * so from an earlier moment, and when three quarters of a lease have passed since then, it ends its processes, by SIGKILL and without
 * grace; so do the guards that run beside them (`wrapper-script.ts`), which need neither the holder nor the database. The last quarter
 * is for their looks (at whole seconds) and the kernel. Clocks are compared with themselves only, so they need not agree, and setting one
 * changes nothing. After that the row's token is another one, so nothing that the holder still writes about it counts.
 *
 * What remains: a machine that stands still as a whole, its clock too (a virtual machine that is paused for longer than the lease), finds
 * out when it goes on, with its next sign of life, a twelfth of a lease later at most.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #holder = randomUUID();
  readonly #waker = new Waker();
  /** Empty while the lease is not held. */
  #term = '';
  #until = 0;
  #everLost = false;
  #stopped = false;
  #loop: Promise<unknown> | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #onLost: () => void = () => {};

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /**
   * Takes the lease, and keeps it until it is lost or `stop` is called; `onLost` is called once if it is lost. Answers what processes are to be
   * started under. Only for whoever knows that no other process works under the node's name. Rejects if the database or the file can't
   * be written.
   */
  async acquire(onLost: () => void): Promise<LeaseTicket> {
    const { dialect, clock, earlierName, uptimeMs } = this.#options;
    const since = uptimeMs();
    await acquireLease(dialect, this.#self, earlierName, clock());
    // What a predecessor started may go on if its lease never ran out; whatever else may still be there has to go.
    const term = (this.#everLost ? undefined : await this.#predecessorsTerm(since)) ?? randomUUID();
    this.#until = await this.#write(since, term);
    this.#term = term;
    this.#onLost = onLost;
    this.#arm();
    this.#loop = Promise.all([this.#loop, this.#keep(term)]);
    return { file: this.#options.file, term };
  }

  /** Has it look at its clock at once. */
  wake(): void {
    if (!this.#held) this.#lose('it could not be prolonged in time');
    this.#waker.wake();
  }

  /** Gives no more signs of life; the lease runs out by itself, unless somebody takes it again before. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#expiry);
    this.#waker.wake();
    await this.#loop;
  }

  get #held(): boolean {
    return this.#options.uptimeMs() < this.#until;
  }

  get #self() {
    const { node, leaseMs } = this.#options;
    return { node, holder: this.#holder, leaseMs };
  }

  get #beatMs(): number {
    return this.#options.leaseMs / BEATS;
  }

  async #keep(term: string): Promise<void> {
    const { dialect, clock, logger, uptimeMs } = this.#options;
    const isOver = () => this.#stopped || this.#term !== term;
    let next = uptimeMs() + this.#beatMs;
    while (!isOver()) {
      const since = uptimeMs();
      if (since < next) {
        await this.#waker.pause(next - since);
        continue;
      }
      try {
        const renewed = await within(
          MOST_BEATS_PER_TRY * this.#beatMs,
          renewExecutorLease(dialect.writer, this.#self, clock()),
        );
        if (isOver()) return;
        if (!renewed) return this.#lose('another executor has taken over');
        const until = await this.#write(since, term);
        if (isOver()) return;
        this.#until = until;
        next = since + this.#beatMs;
      } catch (error) {
        logger.warn({ err: error }, "the executor's lease could not be prolonged; trying again");
        next = uptimeMs() + Math.min(FAILURE_PAUSE_MS, this.#beatMs);
      }
    }
  }

  /** Tells the guards, and answers until when. It counts only after that. */
  async #write(since: number, term: string): Promise<number> {
    const { file, leaseMs } = this.#options;
    const until = since + leaseMs * FENCE;
    await writeFile(`${file}.tmp`, `${Math.floor(until / 1000)} ${term}\n`);
    await rename(`${file}.tmp`, file);
    return until;
  }

  /** The term of the file, if its time is not up. */
  async #predecessorsTerm(now: number): Promise<string | undefined> {
    const text = await readFile(this.#options.file, 'utf8').catch(() => '');
    const [, until, term] = /^(\d+) (\S+)\n$/.exec(text) ?? [];
    return Number(until) * 1000 > now ? term : undefined;
  }

  /** The loop may hang in the database just then. */
  #arm(): void {
    clearTimeout(this.#expiry);
    const left = this.#until - this.#options.uptimeMs();
    this.#expiry = setTimeout(
      () => {
        if (!this.#held) this.#lose('it could not be prolonged in time');
        else this.#arm();
      },
      Math.max(1, left),
    ).unref();
  }

  #lose(why: string): void {
    if (this.#stopped || this.#term === '') return;
    this.#until = 0;
    this.#term = '';
    this.#everLost = true;
    clearTimeout(this.#expiry);
    this.#waker.wake();
    this.#options.logger.error(
      { node: this.#options.node, reason: why },
      'the lease of this executor is lost; its tasks are ended, and tried again',
    );
    this.#onLost();
  }
}

async function within<R>(ms: number, work: Promise<R>): Promise<R> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${Math.round(ms)} ms`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
