import { LRUCache } from 'lru-cache';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { resolveSettings } from '../repository/settings.ts';
import type { Candidate } from './schedule.ts';

const MAX_RUNS = 10_000;
const FRESH_MS = 5000;

/** How many actions of a run may work at once where the run itself does not say so: what the settings of its project and domain say. */
export class RunLimits {
  readonly #dialect: Dialect;
  readonly #limits = new LRUCache<number, number>({ max: MAX_RUNS, ttl: FRESH_MS });

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** The candidates with the bounds that hold for them; changed settings count after a few seconds. */
  async apply(candidates: readonly Candidate[]): Promise<Candidate[]> {
    const limited: Candidate[] = [];
    for (const one of candidates) {
      limited.push(
        one.run_concurrency > 0 ? one : { ...one, run_concurrency: await this.#limitOf(one.run_id) },
      );
    }
    return limited;
  }

  async #limitOf(runId: number): Promise<number> {
    const known = this.#limits.get(runId);
    if (known !== undefined) return known;
    const run = await this.#dialect.reader
      .selectFrom('runs')
      .select(['org_key', 'project', 'domain'])
      .where('id', '=', runId)
      .executeTakeFirst();
    const settings = run && (await resolveSettings(this.#dialect.reader, run));
    const limit = settings?.maxActionConcurrency ?? 0;
    this.#limits.set(runId, limit);
    return limit;
  }
}
