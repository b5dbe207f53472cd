import { randomUUID } from 'node:crypto';
import type { Dialect } from '../repository/dialects/dialect.ts';
import {
  claimExecutions,
  dropEnded,
  listEnded,
  listExpired,
  listOrphaning,
  type QueueStatus,
  queueStatus,
} from '../repository/executions.ts';
import { readActionKey } from '../repository/read/execution-task.ts';
import type { Row } from '../repository/schema.ts';
import { type Clock, type Instant, plusMillis } from '../runs/instant.ts';
import type { Live } from './live.ts';
import type { Runner } from './runner.ts';

const BATCH = 100;

/** What the executor does on every look besides starting actions: ending what was aborted, what takes too long, what nobody waits for. */
export class Housekeeping {
  readonly #options: { dialect: Dialect; clock: Clock; node: string; killGraceMs: number };
  readonly #runner: Runner;
  readonly #live: ReadonlyMap<number, Live>;

  constructor(
    options: { dialect: Dialect; clock: Clock; node: string; killGraceMs: number },
    runner: Runner,
    live: ReadonlyMap<number, Live>,
  ) {
    this.#options = options;
    this.#runner = runner;
    this.#live = live;
  }

  /** One round; answers how the queue stands after it. `go` sends an attempt that waited too long to its end. */
  async sweep(go: (row: Row<'executions'>) => Promise<void>): Promise<QueueStatus> {
    const { dialect, clock, node } = this.#options;
    const now = clock();
    await this.#endAborted();
    await this.#endOverdue(now);
    await dropEnded(dialect);
    const expired = await listExpired(dialect.reader, now, BATCH);
    const claims = expired.map((actionId) => ({ actionId, token: randomUUID() }));
    for (const row of await claimExecutions(dialect, claims, node, now, 'EXPIRED')) await go(row);
    await this.#abortOrphans();
    return queueStatus(dialect.reader, now);
  }

  async #endAborted(): Promise<void> {
    const unharmed = [...this.#live.values()].filter((one) => one.kill?.reason !== 'action ended');
    const ended = await listEnded(
      this.#options.dialect,
      unharmed.map(({ actionId }) => actionId),
    );
    for (const actionId of ended) {
      const live = this.#live.get(actionId);
      if (live !== undefined) await this.#runner.kill(live, 'action ended');
    }
  }

  async #endOverdue(now: Instant): Promise<void> {
    for (const live of this.#live.values()) {
      const { kill, held } = live;
      if (kill === undefined) {
        const { expires_at, deadline_at, state } = held.row;
        if (deadline_at !== null && deadline_at <= now) await this.#runner.kill(live, 'deadline');
        else if (state === 'RUNNING' && expires_at !== null && expires_at <= now)
          await this.#runner.kill(live, 'runtime');
      } else if (!kill.forced && plusMillis(kill.since, this.#options.killGraceMs) <= now) {
        // Not waited for: a process that hangs in the kernel must not keep the others from ending.
        void this.#runner.force(live);
      } else if (!kill.forced) await this.#runner.kill(live, kill.reason);
    }
  }

  /** Usually the end of an action aborts what is left below it; this finds what an executor that died in between left behind. */
  async #abortOrphans(): Promise<void> {
    const { dialect } = this.#options;
    for (const actionId of await listOrphaning(dialect.reader, BATCH)) {
      const place = await readActionKey(dialect.reader, actionId);
      if (place !== undefined) await this.#runner.endOrphans({ actionId, ...place });
    }
  }
}

/** When something is due next by the clock. */
export function nextInstant(
  lives: Iterable<Live>,
  queue: Instant | null,
  killGraceMs: number,
): Instant | undefined {
  const dues: Instant[] = queue === null ? [] : [queue];
  for (const { kill, held } of lives) {
    if (kill === undefined) {
      if (held.row.expires_at !== null && held.row.state === 'RUNNING') dues.push(held.row.expires_at);
      if (held.row.deadline_at !== null) dues.push(held.row.deadline_at);
    } else if (!kill.forced) dues.push(plusMillis(kill.since, killGraceMs));
  }
  return dues.sort()[0];
}
