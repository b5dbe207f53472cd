import type pg from 'pg';

/** Tables whose rows are looked up by keys in each writing transaction. */
const TABLES = [
  'projects',
  'task_specs',
  'runs',
  'run_labels',
  'actions',
  'action_attempts',
  'phase_transitions',
  'cluster_events',
];

/** When a process has written so many rows, tables whose statistics know of fewer are analyzed. */
const THRESHOLDS = [200, 2000, 20_000, 200_000];

/**
 * Sees to it that PostgreSQL knows the tables of a new service. Without statistics all indexes look the same to it, so that it may look a
 * run up by one that begins with the organization, and read all runs each time; such a plan stays for as long as the statement is
 * prepared, or until the tables were analyzed, for which autovacuum takes its time. Once they have been, autovacuum keeps up.
 */
export class PostgresStatistics {
  readonly #pool: pg.Pool;
  #written = 0;
  #next = 0;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** Counts rows that were written. */
  wrote(rows: number): void {
    this.#written += rows;
    const threshold = THRESHOLDS[this.#next];
    if (threshold === undefined || this.#written < threshold) return;
    this.#next++;
    // It is only about speed: what fails here (the database is away, somebody alters the table) is left to autovacuum.
    this.#analyze(threshold).catch(() => {});
  }

  async #analyze(threshold: number): Promise<void> {
    const { rows } = await this.#pool.query<{ relname: string }>(
      'select relname from pg_class where oid = any($1::text[]::regclass[]) and reltuples < $2',
      [TABLES, threshold],
    );
    const names = rows.map(({ relname }) => relname);
    if (names.length > 0) await this.#pool.query(`analyze ${names.join(', ')}`, []);
  }
}
