import { sql } from 'kysely';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { type Clock, plusMillis } from '../runs/instant.ts';

/** How long rows of the change log are kept: far longer than any reader may be behind. */
export const KEEP_CHANGES_MS = 15 * 60_000;
const EVERY_MS = 60_000;
const CHUNK = 2000;
const MAX_CHUNKS = 100;

/** Deletes rows of the change log that are older than 15 minutes, in chunks, so that no writer waits long. Returns how many. */
export async function pruneChanges(dialect: Pick<Dialect, 'writer'>, clock: Clock): Promise<number> {
  const cutoff = plusMillis(clock(), -KEEP_CHANGES_MS);
  let deleted = 0;
  for (let chunk = 0; chunk < MAX_CHUNKS; chunk++) {
    const { numAffectedRows = 0n } = await sql`
      delete from changes where id in (
        select id from changes where created_at < ${cutoff} order by created_at limit ${CHUNK}
      )`.execute(dialect.writer);
    deleted += Number(numAffectedRows);
    if (numAffectedRows < CHUNK) break;
  }
  return deleted;
}

/** Prunes the change log about once a minute, at a random time, so that replicas do not meet. */
export class ChangePruner {
  readonly #prune: () => Promise<unknown>;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(prune: () => Promise<unknown>, onError: (error: unknown) => void) {
    this.#prune = prune;
    this.#onError = onError;
  }

  start(): void {
    if (this.#stopped) return;
    const delay = EVERY_MS * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(() => {
      this.#running = this.#once();
    }, delay).unref();
  }

  /** Resolves when the database is used no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #once(): Promise<void> {
    try {
      await this.#prune();
    } catch (error) {
      this.#onError(error);
    }
    this.start();
  }
}
