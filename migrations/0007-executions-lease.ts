import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** Who is at work on the queue and since when nothing was heard of them, and which executions wait for each other. */
export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('executors')
    .addColumn('node', 'text', (c) => c.primaryKey().notNull())
    .addColumn('holder', 'text')
    .addColumn('beat', t.int, (c) => c.notNull())
    .addColumn('lease_ms', t.int, (c) => c.notNull())
    .addColumn('renewed_at', t.time, (c) => c.notNull())
    .execute();

  await db.schema.alterTable('executions').addColumn('serial_key', 'text').execute();
  // Of those with the same key one is held at a time, whoever claims them.
  await db.schema
    .createIndex('executions_serial')
    .on('executions')
    .column('serial_key')
    .unique()
    .where(sql<boolean>`serial_key is not null and state in ('STARTING', 'RUNNING', 'LOST')`)
    .execute();
  await db.schema
    .createIndex('executions_serial_order')
    .on('executions')
    .columns(['serial_key', 'action_id'])
    .where(sql<boolean>`serial_key is not null and state <> 'DONE'`)
    .execute();
}
