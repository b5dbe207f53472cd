import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** The queue of the process executor, and the cache of task results. */
export async function up(db: Kysely<unknown>, t: ColumnTypes, isPostgres: boolean): Promise<void> {
  await db.schema
    .createTable('executions')
    .addColumn('action_id', t.id, (c) =>
      c.primaryKey().notNull().references('actions.id').onDelete('cascade'),
    )
    .addColumn('run_id', t.id, (c) => c.notNull().references('runs.id').onDelete('cascade'))
    .addColumn('parent_id', t.id)
    .addColumn('depth', t.int, (c) => c.notNull())
    .addColumn('run_concurrency', t.int, (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('attempt', t.int, (c) => c.notNull())
    .addColumn('user_failures', t.int, (c) => c.notNull())
    .addColumn('system_failures', t.int, (c) => c.notNull())
    .addColumn('node', 'text')
    .addColumn('token', 'text')
    .addColumn('folder', 'text')
    .addColumn('output_prefix', 'text')
    .addColumn('pid', t.int)
    .addColumn('pid_start', 'text')
    .addColumn('queued_at', t.time, (c) => c.notNull())
    .addColumn('not_before', t.time, (c) => c.notNull())
    .addColumn('started_at', t.time)
    .addColumn('expires_at', t.time)
    .addColumn('max_queued_ms', t.int)
    .addColumn('deadline_at', t.time)
    .addColumn('updated_at', t.time, (c) => c.notNull())
    .execute();
  // What has ended is looked up by its key alone; everything else concerns the few that have not.
  const open = sql<boolean>`state <> 'DONE'`;
  await db.schema
    .createIndex('executions_state')
    .on('executions')
    .columns(['state', 'not_before'])
    .where(open)
    .execute();
  await db.schema.createIndex('executions_parent').on('executions').column('parent_id').where(open).execute();
  await db.schema.createIndex('executions_run').on('executions').column('run_id').execute();

  await db.schema
    .createTable('task_cache')
    .addColumn('org_key', 'text', (c) => c.notNull())
    .addColumn('project', 'text', (c) => c.notNull())
    .addColumn('domain', 'text', (c) => c.notNull())
    .addColumn('cache_key', 'text', (c) => c.notNull())
    .addColumn('output_uri', 'text', (c) => c.notNull())
    .addColumn('has_outputs', t.int, (c) => c.notNull())
    .addColumn('source', t.bytes, (c) => c.notNull())
    .addColumn('created_at', t.time, (c) => c.notNull())
    .addPrimaryKeyConstraint('task_cache_key', ['org_key', 'project', 'domain', 'cache_key'])
    .execute();
  await db.schema
    .createIndex('task_cache_global')
    .on('task_cache')
    .columns(['org_key', 'cache_key', 'created_at'])
    .execute();
  if (isPostgres) {
    await sql`alter table task_cache alter column cache_key type text collate "C"`.execute(db);
  }
}
