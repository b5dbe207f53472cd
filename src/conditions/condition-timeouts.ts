import { sql } from 'kysely';
import { Waker } from '../executor/waker.ts';
import type { Logger } from '../logger.ts';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { readActionKey } from '../repository/read/execution-task.ts';
import { timeOutCondition } from '../repository/write/commands/condition-timeout.ts';
import type { Flushed } from '../repository/write/flush.ts';
import type { GroupCommit } from '../repository/write/group-commit.ts';
import { type Clock, type Instant, microsOf } from '../runs/instant.ts';

/** What the watch over conditions works with. */
export interface ConditionTimeoutsOptions {
  readonly dialect: Dialect;
  readonly writer: Pick<GroupCommit, 'submit'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds between two looks while nothing is heard of new conditions: other processes make some too. */
  readonly pollMs: number;
}

const BATCH = 500;
const FAILURE_PAUSE_MS = 1000;

/**
 * Ends conditions whose time is over. The deadlines are in the database, so a restart loses none; any number of processes may watch
 * them: the first one ends a condition, for the others it has ended.
 */
export class ConditionTimeouts {
  readonly #options: ConditionTimeoutsOptions;
  readonly #waker = new Waker();
  #stopped = false;
  #loop: Promise<void> | undefined;

  constructor(options: ConditionTimeoutsOptions) {
    this.#options = options;
  }

  /** Begins to watch. */
  start(): void {
    this.#loop ??= this.#work();
  }

  /** To be called with each transaction that this process commits. */
  readonly committed = (flushed: Pick<Flushed, 'deadlines'>): void => {
    if (flushed.deadlines) this.wake();
  };

  /** Has it look at the deadlines at once. */
  wake(): void {
    this.#waker.wake();
  }

  /** Resolves when it uses the database no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.wake();
    await this.#loop;
  }

  /** Ends everything whose time is over; answers how many conditions that were, and when the next one's time is. */
  async sweep(): Promise<{ ended: number; nextAt: Instant | null }> {
    const { dialect, writer, clock } = this.#options;
    let ended = 0;
    while (!this.#stopped) {
      const { rows } = await sql<{ action_id: number }>`
        select action_id from condition_deadlines where due_at <= ${clock()} order by due_at limit ${BATCH}`.execute(
        dialect.reader,
      );
      const outcomes = await Promise.all(
        rows.map(async ({ action_id: actionId }) => {
          const place = await readActionKey(dialect.reader, actionId);
          return place !== undefined && (await writer.submit(timeOutCondition({ actionId, ...place })));
        }),
      );
      ended += outcomes.filter(Boolean).length;
      if (rows.length < BATCH) break;
    }
    const next = await sql<{ due_at: Instant | null }>`
      select min(due_at) as due_at from condition_deadlines`.execute(dialect.reader);
    return { ended, nextAt: next.rows[0]?.due_at ?? null };
  }

  async #work(): Promise<void> {
    let isTroubled = false;
    while (!this.#stopped) {
      let pause = FAILURE_PAUSE_MS;
      try {
        const { ended, nextAt } = await this.sweep();
        if (ended > 0) this.#options.logger.debug({ conditions: ended }, 'conditions ran out of time');
        isTroubled = false;
        pause = this.#pauseUntil(nextAt);
      } catch (error) {
        if (!isTroubled)
          this.#options.logger.error({ err: error }, 'the time-outs of conditions are not watched');
        isTroubled = true;
      }
      if (!this.#stopped) await this.#waker.pause(pause);
    }
  }

  #pauseUntil(next: Instant | null): number {
    const { clock, pollMs } = this.#options;
    if (next === null) return pollMs;
    const wait = Number((microsOf(next) - microsOf(clock())) / 1000n) + 1;
    return Math.min(pollMs, Math.max(1, wait));
  }
}
