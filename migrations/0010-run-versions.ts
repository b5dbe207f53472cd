import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/**
 * The version of a run: another number after each transaction that changed anything of it. It stands in no index, so that on PostgreSQL a
 * row that changes in it alone needs no new entries in the indexes, as long as its page has room.
 */
export async function up(db: Kysely<unknown>, types: ColumnTypes, isPostgres: boolean): Promise<void> {
  await db.schema
    .alterTable('runs')
    .addColumn('version', types.int, (column) => column.notNull().defaultTo(0))
    .execute();
  if (isPostgres) await sql`alter table runs set (fillfactor = 80)`.execute(db);
}
