import { randomUUID } from 'node:crypto';
import type { Logger } from '../logger.ts';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { forgetExecutor, listOtherExecutors, takeOver } from '../repository/executor-leases.ts';
import type { Row } from '../repository/schema.ts';
import { type Clock, plusMillis } from '../runs/instant.ts';

/** What watching over other executors works with. */
export interface OthersOptions {
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly node: string;
  readonly uptimeMs: () => number;
}

/** The last sign of life that was seen, and since when. */
interface Sign {
  readonly beat: number;
  readonly since: number;
}

const DAY_MS = 86_400_000;
/** Looks per lease of whoever is watched. */
const LOOKS = 12;
const MOST_PAUSE_MS = 10_000;

/**
 * Watches for signs of life of the other executors of the database. One that has given none for its whole lease has ended its processes by
 * itself (see `Lease`): what it held is taken over.
 */
export class Others {
  readonly #options: OthersOptions;
  #seen: ReadonlyMap<string, Sign> = new Map();
  #nextLook = 0;

  constructor(options: OthersOptions) {
    this.#options = options;
  }

  /** Looks, unless it has just done so; answers the rows that were taken over: nothing of them runs any more. */
  async look(): Promise<Row<'executions'>[]> {
    const { dialect, node, uptimeMs, clock } = this.#options;
    const before = uptimeMs();
    if (before < this.#nextLook) return [];
    const others = await listOtherExecutors(dialect.writer, node);
    // A sign of life that was read was given before the answer came; that there was no other one is sure until the question was asked.
    const after = uptimeMs();
    const seen = new Map<string, Sign>();
    const taken: Row<'executions'>[] = [];
    let pause = MOST_PAUSE_MS;
    for (const other of others) {
      const known = this.#seen.get(other.node);
      const same = known?.beat === other.beat ? known : { beat: other.beat, since: after };
      seen.set(other.node, same);
      pause = Math.min(pause, other.lease_ms / LOOKS);
      if (before - same.since < other.lease_ms) continue;
      if (other.holds) taken.push(...(await this.#takeOver(other)));
      else if (plusMillis(other.renewed_at, DAY_MS) < clock()) await forgetExecutor(dialect.writer, other);
    }
    this.#seen = seen;
    this.#nextLook = before + pause;
    return taken;
  }

  async #takeOver(other: { node: string; beat: number; lease_ms: number }): Promise<Row<'executions'>[]> {
    const { dialect, logger, node } = this.#options;
    const rows = await takeOver(dialect, other, node, randomUUID);
    if (rows.length > 0) {
      logger.warn(
        { executor: other.node, silentMs: other.lease_ms, actions: rows.length },
        'an executor has given no sign of life for its whole lease; its tasks are tried again',
      );
    }
    return rows;
  }
}
