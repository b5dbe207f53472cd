import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/**
 * PostgreSQL counts how many actions a run has on average: one or two where most runs have no children. Then it takes all indexes that begin
 * with the run to be equally good for finding an action by its name, and reads all actions of a run with ten thousand of them to find
 * one. Told that there are few runs, so that each has many actions, it takes the index of the names.
 */
export async function up(db: Kysely<unknown>, _types: ColumnTypes, isPostgres: boolean): Promise<void> {
  if (!isPostgres) return;
  await sql`alter table actions alter column run_id set (n_distinct = 200)`.execute(db);
  await sql`analyze actions (run_id)`.execute(db);
}
