import type { Logger } from '../logger.ts';
import { listHeld } from '../repository/executions.ts';
import { readActionKey } from '../repository/read/execution-task.ts';
import type { Row } from '../repository/schema.ts';
import type { Flushed } from '../repository/write/flush.ts';
import { microsOf } from '../runs/instant.ts';
import { Housekeeping, nextInstant } from './housekeeping.ts';
import type { Interpreters } from './interpreters.ts';
import type { HookPoint, Live } from './live.ts';
import { type ProcessLock, takeLock } from './lock.ts';
import { RunLimits } from './run-limits.ts';
import { Runner, type RunnerDeps } from './runner.ts';
import { startNext } from './start-next.ts';
import { Waker } from './waker.ts';

/** What an executor works with, and its bounds. */
export interface ExecutorOptions extends Omit<RunnerDeps, 'stop' | 'hook' | 'lookMs'> {
  /** Under this name it claims actions; those claimed under it are its own after a restart. */
  readonly node: string;
  /** Whoever holds the lock of this file is the only one that works under `node`. */
  readonly lockFile: string;
  readonly maxProcesses: number;
  /** Milliseconds between asking a process to end and killing it. */
  readonly killGraceMs: number;
  /** Milliseconds between two looks at the database while nothing is heard of it. */
  readonly pollMs: number;
  readonly logger: Logger;
  readonly interpreters?: Pick<Interpreters, 'clean'> | undefined;
  /** Called at points of an action's way; tests stop there. */
  readonly hook?: ((point: HookPoint, actionId: number) => Promise<void> | void) | undefined;
}

const LOOK_MS = 250;
const FAILURE_PAUSE_MS = 1000;
const RECOVERY_PAUSE_MS = 2000;
const QUIET_MS = 60_000;

/**
 * Runs the actions of the queue as processes of this machine. There is one loop: it looks at the database when it is told that something
 * happened there, when something is due, and at least every `pollMs`; each attempt goes its own way beside it. When it is stopped, or killed,
 * the processes run on; the next one finds them.
 */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #runner: Runner;
  readonly #housekeeping: Housekeeping;
  readonly #limits: RunLimits;
  readonly #waker = new Waker();
  readonly #stop = new AbortController();
  readonly #live = new Map<number, Live>();
  readonly #ways = new Set<Promise<void>>();
  #lock: ProcessLock | undefined;
  #loop: Promise<void> | undefined;
  #lastPass = performance.now();
  #problem: string | undefined;
  #recoverAt: number | undefined;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#limits = new RunLimits(options.dialect);
    this.#runner = new Runner({
      ...options,
      lookMs: LOOK_MS,
      stop: this.#stop.signal,
      hook: async (point, live) => options.hook?.(point, live.actionId),
    });
    this.#housekeeping = new Housekeeping(options, this.#runner, this.#live);
  }

  /** Begins to work; while another process works under the same name it stands by. Rejects if the lock's file can't be made. */
  async start(): Promise<void> {
    this.#lock = takeLock(this.#options.lockFile);
    if (this.#lock === undefined)
      this.#options.logger.info({ lock: this.#options.lockFile }, 'another executor is at work; standing by');
    else await this.#begin();
    this.#loop = this.#work();
  }

  /** To be called with each transaction that this process commits. */
  readonly committed = (flushed: Pick<Flushed, 'changes' | 'enqueued'>): void => {
    const concerns = flushed.changes.some(({ actionId }) => actionId !== null && this.#live.has(actionId));
    if (flushed.enqueued > 0 || concerns) this.wake();
  };

  /** Has it look at the database at once. */
  wake(): void {
    this.#waker.wake();
  }

  /** How many processes there are, or are being made. */
  get running(): number {
    return this.#live.size;
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
    const tasks = this.#live.size;
    this.#stop.abort();
    this.#waker.wake();
    await this.#loop;
    await Promise.all(this.#ways);
    this.#lock?.release();
    this.#lock = undefined;
    if (tasks > 0) {
      this.#options.logger.info({ tasks }, 'tasks run on without the executor; its next start finds them');
    }
  }

  async #work(): Promise<void> {
    while (!this.#stop.signal.aborted) {
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
    const { clock, pollMs, metrics } = this.#options;
    if (this.#lock === undefined && !(await this.#standBy())) return this.#waker.pause(pollMs);
    if (this.#recoverAt !== undefined && performance.now() >= this.#recoverAt) await this.#recover();
    const waiting = await this.#housekeeping.sweep(async (row) => this.#go(row, 'expire'));
    for (const row of await startNext({ ...this.#options, limits: this.#limits }, [...this.#live.values()]))
      await this.#go(row, 'start');
    metrics.running.set(this.#live.size);
    metrics.waiting.set(waiting.waiting);
    const next = nextInstant(this.#live.values(), waiting.nextAt, this.#options.killGraceMs);
    const now = clock();
    const ending = [...this.#live.values()].some((one) => one.kill !== undefined);
    const due = next === undefined ? pollMs : Number((microsOf(next) - microsOf(now)) / 1000n) + 1;
    await this.#waker.pause(Math.min(pollMs, ending ? LOOK_MS : pollMs, Math.max(0, due)));
  }

  async #standBy(): Promise<boolean> {
    this.#lock = takeLock(this.#options.lockFile);
    if (this.#lock === undefined) return false;
    this.#options.logger.info('the other executor is gone; taking over');
    await this.#begin();
    return true;
  }

  async #begin(): Promise<void> {
    await this.#options.interpreters?.clean();
    await this.#recover();
  }

  async #recover(): Promise<void> {
    const { dialect, node, logger } = this.#options;
    this.#recoverAt = undefined;
    const held = (await listHeld(dialect.writer, node)).filter((row) => !this.#live.has(row.action_id));
    if (held.length > 0) logger.info({ actions: held.length }, 'taking up actions of an earlier executor');
    for (const row of held) await this.#go(row, 'resume');
  }

  /** Sends an execution on its way. */
  async #go(row: Row<'executions'>, how: 'start' | 'resume' | 'expire'): Promise<void> {
    const place = await readActionKey(this.#options.dialect.reader, row.action_id);
    if (place === undefined) return;
    const { action_id: actionId, run_id: runId, depth } = row;
    const live: Live = {
      actionId,
      runId,
      depth,
      held: { ...place, row },
      process: undefined,
      kill: undefined,
    };
    this.#live.set(actionId, live);
    const way = this.#runner[how](live)
      .catch((error: unknown) => {
        this.#options.logger.error(
          { err: error, actionId },
          'an attempt could not be seen through; taking it up again',
        );
        this.#recoverAt = performance.now() + RECOVERY_PAUSE_MS;
      })
      .finally(() => {
        this.#ways.delete(way);
        this.#live.delete(actionId);
        this.wake();
      });
    this.#ways.add(way);
  }
}
