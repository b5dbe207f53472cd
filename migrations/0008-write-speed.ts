import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** Rows that change soon after they were made; none of their indexed columns ever does. */
const CHANGING = ['actions', 'action_attempts', 'phase_transitions'];

/** What makes writes cheap: ids in blocks, and room for a changed row beside its old form. */
export async function up(db: Kysely<unknown>, _types: ColumnTypes, isPostgres: boolean): Promise<void> {
  if (!isPostgres) return;
  // From now on each value stands for a thousand ids; the first one comes after all that were given out before.
  await sql`alter sequence ids increment by 1000`.execute(db);
  for (const table of CHANGING) await sql`alter table ${sql.table(table)} set (fillfactor = 80)`.execute(db);
}
