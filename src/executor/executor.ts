import type { Logger } from '../logger.ts';
import type { Flushed } from '../repository/write/flush.ts';
import { microsOf } from '../runs/instant.ts';
import type { Interpreters } from './interpreters.ts';
import { Lease } from './lease.ts';
import { type ProcessLock, takeLock } from './lock.ts';
import { Others } from './others.ts';
import { RunLimits } from './run-limits.ts';
import { LOOK_MS, Tenure, type TenureOptions } from './tenure.ts';
import { Waker } from './waker.ts';

/** What an executor works with, and its bounds. */
export interface ExecutorOptions
  extends Omit<TenureOptions, 'lease' | 'limits' | 'others' | 'wake' | 'node' | 'killGraceMs'> {
  /** Under this name it claims actions; those claimed under it are its own after a restart. */
  readonly node: string;
  /** Whoever holds the lock of this file is the only one that works under `node`. */
  readonly lockFile: string;
  /** Milliseconds between asking a process to end and killing it. */
  readonly killGraceMs: number;
  /** Set where several executors share a database: what one of them holds is taken over when it has given no sign of life for so long. */
  readonly lease?: ExecutorLease | undefined;
  /** Milliseconds between two looks at the database while nothing is heard of it. */
  readonly pollMs: number;
  readonly logger: Logger;
  readonly interpreters?: Pick<Interpreters, 'clean'> | undefined;
}

/** How an executor keeps what it holds. */
export interface ExecutorLease {
  readonly leaseMs: number;
  /** The file by which processes know how long they may run; an absolute path. */
  readonly file: string;
  /** The name that the node had before there were leases. */
  readonly earlierName: string;
  /** Milliseconds on the clock of the machine. */
  readonly uptimeMs: () => number;
}

const FAILURE_PAUSE_MS = 1000;
const QUIET_MS = 60_000;

/**
 * Runs the actions of the queue as processes of this machine. There is one loop: it looks at the database when it is told that something
 * happened there, when something is due, and at least every `pollMs`; each attempt goes its own way beside it. When it is stopped, or killed,
 * the processes run on; the next one finds them.
 */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #limits: RunLimits;
  readonly #lease: Lease | undefined;
  readonly #others: Others | undefined;
  readonly #waker = new Waker();
  #tenure: Tenure | undefined;
  #dropped: Promise<void> | undefined;
  #stopped = false;
  #lock: ProcessLock | undefined;
  #loop: Promise<void> | undefined;
  #lastPass = performance.now();
  #problem: string | undefined;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#limits = new RunLimits(options.dialect);
    if (options.lease !== undefined) {
      this.#lease = new Lease({ ...options, ...options.lease });
      this.#others = new Others({ ...options, ...options.lease });
    }
  }

  /** Begins to work; while another process works under the same name it stands by. Rejects if the lock's file can't be made. */
  async start(): Promise<void> {
    this.#lock = takeLock(this.#options.lockFile);
    if (this.#lock === undefined)
      this.#options.logger.info({ lock: this.#options.lockFile }, 'another executor is at work; standing by');
    else {
      await this.#options.interpreters?.clean();
      await this.#begin();
    }
    this.#loop = this.#work();
  }

  /** To be called with each transaction that this process commits. */
  readonly committed = (flushed: Pick<Flushed, 'changes' | 'enqueued'>): void => {
    if (flushed.enqueued > 0 || this.#tenure?.concerns(flushed)) this.wake();
  };

  /** To be called with what others changed. */
  readonly changed = (changes: Flushed['changes']): void => {
    if (this.#tenure?.concerns({ changes })) this.wake();
  };

  /** Has it look at the database, and at its clock, at once. */
  wake(): void {
    this.#lease?.wake();
    this.#waker.wake();
  }

  /** How many processes there are, or are being made. */
  get running(): number {
    return this.#tenure?.size ?? 0;
  }

  /** Fails, with the reason, while the executor does not work. */
  readonly readiness = {
    name: 'executor',
    check: async (): Promise<void> => {
      if (this.#problem !== undefined) throw new Error(`the executor does not work: ${this.#problem}`);
      const quiet = performance.now() - this.#lastPass;
      if (quiet > QUIET_MS)
        throw new Error(`the executor has not looked at its queue for ${Math.round(quiet / 1000)} s`);
    },
  };

  /** Resolves when it uses the database no more. Processes of tasks run on. */
  async stop(): Promise<void> {
    const tasks = this.running;
    this.#stopped = true;
    void this.#tenure?.stop();
    this.#waker.wake();
    await this.#loop;
    await this.#tenure?.stop();
    await this.#dropped;
    await this.#lease?.stop();
    this.#lock?.release();
    this.#lock = undefined;
    if (tasks > 0) {
      this.#options.logger.info({ tasks }, 'tasks run on without the executor; its next start finds them');
    }
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#pass();
        this.#problem = undefined;
      } catch (error) {
        if (this.#problem === undefined)
          this.#options.logger.error({ err: error }, 'the executor is in trouble');
        this.#problem = error instanceof Error ? error.message : String(error);
        await this.#waker.pause(FAILURE_PAUSE_MS);
      }
      this.#lastPass = performance.now();
    }
  }

  async #pass(): Promise<void> {
    const { clock, pollMs } = this.#options;
    if (this.#lock === undefined && !(await this.#standBy())) return this.#waker.pause(pollMs);
    const tenure = this.#tenure ?? (await this.#begin());
    const { nextAt, ending } = await tenure.pass();
    const due = nextAt === undefined ? pollMs : Number((microsOf(nextAt) - microsOf(clock())) / 1000n) + 1;
    await this.#waker.pause(Math.min(pollMs, ending ? LOOK_MS : pollMs, Math.max(0, due)));
  }

  async #standBy(): Promise<boolean> {
    this.#lock = takeLock(this.#options.lockFile);
    if (this.#lock === undefined) return false;
    this.#options.logger.info('the other executor is gone; taking over');
    await this.#options.interpreters?.clean();
    return true;
  }

  async #begin(): Promise<Tenure> {
    // Whoever takes the lease says that nothing of an earlier one is left.
    await this.#dropped;
    let lost = false;
    const lease = await this.#lease?.acquire(() => {
      lost = true;
      this.#drop();
    });
    if (lost) throw new Error('its lease was lost at once');
    this.#tenure = new Tenure({
      ...this.#options,
      limits: this.#limits,
      lease,
      others: this.#others,
      wake: () => this.wake(),
    });
    return this.#tenure;
  }

  #drop(): void {
    this.#options.metrics.leasesLost.inc();
    this.#dropped = this.#tenure?.drop();
    this.#tenure = undefined;
    this.#waker.wake();
  }
}
