import type { Logger } from '../logger.ts';
import { listHeld } from '../repository/executions.ts';
import { readActionKey } from '../repository/read/execution-task.ts';
import type { Row } from '../repository/schema.ts';
import type { Flushed } from '../repository/write/flush.ts';
import { type Instant, millisBetween } from '../runs/instant.ts';
import { Housekeeping, nextInstant } from './housekeeping.ts';
import type { HookPoint, Live } from './live.ts';
import type { Others } from './others.ts';
import type { RunLimits } from './run-limits.ts';
import { Runner, type RunnerDeps } from './runner.ts';
import { startNext } from './start-next.ts';
import { endAll } from './task-process.ts';

/** What one tenure works with. */
export interface TenureOptions extends Omit<RunnerDeps, 'stop' | 'hook' | 'lookMs'> {
  readonly node: string;
  readonly maxProcesses: number;
  readonly killGraceMs: number;
  readonly limits: RunLimits;
  readonly logger: Logger;
  /** Where executors have leases: those of the others. */
  readonly others?: Others | undefined;
  readonly hook?: ((point: HookPoint, actionId: number) => Promise<void> | void) | undefined;
  /** Called when there may be something to do before the time that `pass` said. */
  readonly wake: () => void;
}

/** Milliseconds between two looks at a process that was started by somebody else. */
export const LOOK_MS = 250;
const RECOVERY_PAUSE_MS = 2000;
const MOST_KILL_MS = 10_000;

/**
 * The time in which an executor may do as it likes with the rows of its node: from its beginning until it is stopped, or until it loses
 * its lease. Each attempt goes its own way in it.
 */
export class Tenure {
  readonly #options: TenureOptions;
  readonly #runner: Runner;
  readonly #housekeeping: Housekeeping;
  readonly #over = new AbortController();
  readonly #live = new Map<number, Live>();
  readonly #ways = new Set<Promise<void>>();
  #recoverAt: number | undefined = 0;

  constructor(options: TenureOptions) {
    this.#options = options;
    this.#runner = new Runner({
      ...options,
      lookMs: LOOK_MS,
      stop: this.#over.signal,
      hook: async (point, live) => options.hook?.(point, live.actionId),
    });
    this.#housekeeping = new Housekeeping(options, this.#runner, this.#live);
  }

  /** How many attempts it has in hand. */
  get size(): number {
    return this.#live.size;
  }

  /** Whether a transaction changed actions that are in hand. */
  concerns({ changes }: Pick<Flushed, 'changes'>): boolean {
    return changes.some(({ actionId }) => actionId !== null && this.#live.has(actionId));
  }

  /**
   * One look at everything; answers when something is due, and whether processes are being ended. Rejects if the database is in trouble; what
   * it holds then without having it in hand it finds later.
   */
  async pass(): Promise<{ nextAt: Instant | undefined; ending: boolean }> {
    try {
      return await this.#look();
    } catch (error) {
      this.#recoverAt = performance.now() + RECOVERY_PAUSE_MS;
      throw error;
    }
  }

  async #look(): Promise<{ nextAt: Instant | undefined; ending: boolean }> {
    const { others, killGraceMs, clock, metrics } = this.#options;
    if (this.#recoverAt !== undefined && performance.now() >= this.#recoverAt) await this.#recover();
    const taken = (await others?.look()) ?? [];
    metrics.takenOver.inc(taken.length);
    for (const row of taken) await this.#go(row);
    const queue = await this.#housekeeping.sweep((row) => this.#go(row));
    metrics.waiting.set(queue.waiting);
    metrics.oldestSeconds.set(
      queue.oldestAt === null ? 0 : Math.max(0, millisBetween(queue.oldestAt, clock()) / 1000),
    );
    for (const row of await startNext(this.#options, [...this.#live.values()])) await this.#go(row, 'start');
    metrics.running.set(this.#live.size);
    return {
      nextAt: nextInstant(this.#live.values(), queue.nextAt, killGraceMs),
      ending: [...this.#live.values()].some((one) => one.kill !== undefined),
    };
  }

  /** Ends it; resolves when it uses the database no more. Processes run on, and the next tenure finds them. */
  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#ways);
  }

  /**
   * Ends it with all processes, at once and by force, and resolves when they are gone. What is just under way is not waited for, it may hang
   * in the database: whatever it still does, it starts nothing (its lease is over) and writes nothing (neither).
   */
  async drop(): Promise<void> {
    this.#over.abort();
    const patience = AbortSignal.timeout(MOST_KILL_MS);
    await Promise.all(
      [...this.#live.values()].map(({ process, held: { row } }) =>
        endAll({ pid: process?.pid ?? row.pid, token: row.token ?? '' }, patience).catch(() => {}),
      ),
    );
  }

  async #recover(): Promise<void> {
    const { dialect, node, logger } = this.#options;
    this.#recoverAt = undefined;
    const held = (await listHeld(dialect.writer, node)).filter((row) => !this.#live.has(row.action_id));
    if (held.length > 0) logger.info({ actions: held.length }, 'taking up actions of an earlier executor');
    for (const row of held) await this.#go(row);
  }

  /** Sends an execution on its way: the one on which its state says that it is, or its beginning. */
  async #go(row: Row<'executions'>, how = wayOf(row)): Promise<void> {
    const place = await readActionKey(this.#options.dialect.reader, row.action_id);
    if (place === undefined || this.#over.signal.aborted) return;
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
        // Its next attempt may be on its way already.
        if (this.#live.get(actionId) === live) this.#live.delete(actionId);
        this.#options.wake();
      });
    this.#ways.add(way);
  }
}

function wayOf({ state }: Row<'executions'>): 'start' | 'resume' | 'expire' | 'lost' {
  if (state === 'LOST') return 'lost';
  return state === 'EXPIRED' ? 'expire' : 'resume';
}
