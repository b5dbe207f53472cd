import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** What has to be told other services, which runs came from one, and when conditions run out of time. */
export async function up(db: Kysely<unknown>, t: ColumnTypes, isPostgres: boolean): Promise<void> {
  await db.schema
    .createTable('outbox')
    .addColumn('id', t.id, (c) => c.primaryKey())
    .addColumn('target', 'text', (c) => c.notNull())
    .addColumn('run_id', t.id, (c) => c.notNull().references('runs.id').onDelete('cascade'))
    .addColumn('action_id', t.id, (c) => c.notNull().references('actions.id').onDelete('cascade'))
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('payload', t.bytes)
    .addColumn('created_at', t.time, (c) => c.notNull())
    .execute();
  await db.schema.createIndex('outbox_order').on('outbox').columns(['target', 'run_id', 'id']).execute();
  await db.schema.createIndex('outbox_run').on('outbox').columns(['run_id']).execute();
  await db.schema.createIndex('outbox_action').on('outbox').columns(['action_id']).execute();
  await db.schema.createIndex('outbox_age').on('outbox').columns(['target', 'created_at']).execute();

  await db.schema
    .createTable('outbox_runs')
    .addColumn('target', 'text', (c) => c.notNull())
    .addColumn('run_id', t.id, (c) => c.notNull().references('runs.id').onDelete('cascade'))
    .addColumn('last_id', t.id, (c) => c.notNull())
    .addColumn('tries', t.int, (c) => c.notNull())
    .addColumn('not_before', t.time, (c) => c.notNull())
    .addColumn('owner', 'text')
    .addColumn('lease_until', t.time)
    .addColumn('problem', 'text')
    .addPrimaryKeyConstraint('outbox_runs_key', ['target', 'run_id'])
    .execute();
  await db.schema
    .createIndex('outbox_runs_due')
    .on('outbox_runs')
    .columns(['target', 'not_before'])
    .execute();
  await db.schema.createIndex('outbox_runs_run').on('outbox_runs').columns(['run_id']).execute();

  await db.schema
    .createTable('delegated_runs')
    .addColumn('run_id', t.id, (c) => c.primaryKey().references('runs.id').onDelete('cascade'))
    .execute();

  await db.schema
    .createTable('condition_deadlines')
    .addColumn('action_id', t.id, (c) => c.primaryKey().references('actions.id').onDelete('cascade'))
    .addColumn('due_at', t.time, (c) => c.notNull())
    .execute();
  await db.schema.createIndex('condition_deadlines_due').on('condition_deadlines').column('due_at').execute();
  if (isPostgres) {
    // Queues that empty and fill again: dead rows are better taken away early.
    await sql`alter table outbox set (autovacuum_vacuum_scale_factor = 0.05)`.execute(db);
    await sql`alter table outbox_runs set (autovacuum_vacuum_scale_factor = 0.05, fillfactor = 70)`.execute(
      db,
    );
  }
}
