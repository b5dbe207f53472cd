import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** Runs, their actions, attempts, transitions and events; specs by digest; projects; the change log. */
export async function up(db: Kysely<unknown>, t: ColumnTypes, isPostgres: boolean): Promise<void> {
  await db.schema
    .createTable('service_state')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute();

  await db.schema
    .createTable('projects')
    .addColumn('org_key', 'text', (c) => c.notNull())
    .addColumn('org', 'text', (c) => c.notNull())
    .addColumn('id', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('labels', t.json, (c) => c.notNull())
    .addColumn('state', t.int, (c) => c.notNull())
    .addColumn('created_at', t.time, (c) => c.notNull())
    .addColumn('updated_at', t.time, (c) => c.notNull())
    .addPrimaryKeyConstraint('projects_key', ['org_key', 'id'])
    .execute();

  await db.schema
    .createTable('task_specs')
    .addColumn('digest', 'text', (c) => c.primaryKey())
    .addColumn('spec', t.bytes, (c) => c.notNull())
    .execute();

  await db.schema
    .createTable('runs')
    .addColumn('id', t.id, (c) => c.primaryKey())
    .addColumn('org', 'text', (c) => c.notNull())
    .addColumn('org_key', 'text', (c) => c.notNull())
    .addColumn('project', 'text', (c) => c.notNull())
    .addColumn('domain', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('root_action_name', 'text', (c) => c.notNull())
    .addColumn('trigger_org', 'text')
    .addColumn('trigger_project', 'text')
    .addColumn('trigger_domain', 'text')
    .addColumn('trigger_name', 'text')
    .addColumn('trigger_task_name', 'text')
    .addColumn('trigger_revision', t.int)
    .addColumn('run_spec', t.bytes, (c) => c.notNull())
    .addColumn('labels', t.json, (c) => c.notNull())
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('created_by_principal', 'text')
    .addColumn('created_by_k8s_service_account', 'text')
    .addColumn('created_at', t.time, (c) => c.notNull())
    .addColumn('updated_at', t.time, (c) => c.notNull())
    .addColumn('phase', 'text', (c) => c.notNull())
    .addColumn('start_time', t.time, (c) => c.notNull())
    .addColumn('running_at', t.time)
    .addColumn('end_time', t.time)
    .addColumn('duration_ms', t.int)
    .addColumn('attempts', t.int, (c) => c.notNull())
    .addColumn('cache_status', t.int, (c) => c.notNull())
    .addColumn('task_org', 'text')
    .addColumn('task_project', 'text')
    .addColumn('task_domain', 'text')
    .addColumn('task_name', 'text')
    .addColumn('task_version', 'text')
    .addColumn('environment_name', 'text', (c) => c.notNull())
    .addColumn('function_name', 'text', (c) => c.notNull())
    .addColumn('error_kind', 'text')
    .addColumn('error_line', 'text')
    .addColumn('paused_actions', t.int, (c) => c.notNull())
    .addColumn('metadata', t.bytes, (c) => c.notNull())
    .addUniqueConstraint('runs_name_key', ['org_key', 'project', 'domain', 'name'])
    .execute();

  await db.schema
    .createTable('run_labels')
    .addColumn('run_id', t.id, (c) => c.notNull().references('runs.id').onDelete('cascade'))
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('value', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('run_labels_key', ['run_id', 'key'])
    .execute();
  await db.schema
    .createIndex('run_labels_value')
    .on('run_labels')
    .columns(['key', 'value', 'run_id'])
    .execute();

  await db.schema
    .createTable('actions')
    .addColumn('id', t.id, (c) => c.primaryKey())
    .addColumn('run_id', t.id, (c) => c.notNull().references('runs.id').onDelete('cascade'))
    .addColumn('org', 'text', (c) => c.notNull())
    .addColumn('project', 'text', (c) => c.notNull())
    .addColumn('domain', 'text', (c) => c.notNull())
    .addColumn('run_name', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('parent_action_name', 'text')
    .addColumn('group_name', 'text', (c) => c.notNull())
    .addColumn('action_type', 'text', (c) => c.notNull())
    .addColumn('phase', 'text', (c) => c.notNull())
    .addColumn('attempts', t.int, (c) => c.notNull())
    .addColumn('max_attempts', t.int, (c) => c.notNull())
    .addColumn('created_at', t.time, (c) => c.notNull())
    .addColumn('updated_at', t.time, (c) => c.notNull())
    .addColumn('start_time', t.time, (c) => c.notNull())
    .addColumn('end_time', t.time)
    .addColumn('duration_ms', t.int)
    .addColumn('cache_status', t.int, (c) => c.notNull())
    .addColumn('task_name', 'text')
    .addColumn('task_version', 'text')
    .addColumn('function_name', 'text', (c) => c.notNull())
    .addColumn('created_by_principal', 'text')
    .addColumn('task_spec_digest', 'text', (c) => c.references('task_specs.digest'))
    .addColumn('trace_spec', t.bytes)
    .addColumn('condition_spec', t.bytes)
    .addColumn('cache_key', 'text')
    .addColumn('input_uri', 'text')
    .addColumn('inputs_hash', 'text')
    .addColumn('metadata', t.bytes, (c) => c.notNull())
    .addColumn('error_kind', 'text')
    .addColumn('error_line', 'text')
    .addColumn('abort_reason', 'text')
    .addColumn('aborted_by', t.bytes)
    .addColumn('signalled_by', t.bytes)
    .addColumn('output', t.bytes)
    .addUniqueConstraint('actions_name_key', ['run_id', 'name'])
    .execute();

  await db.schema
    .createTable('action_inputs')
    .addColumn('action_id', t.id, (c) => c.primaryKey().references('actions.id').onDelete('cascade'))
    .addColumn('inputs', t.bytes, (c) => c.notNull())
    .execute();

  await db.schema
    .createTable('action_attempts')
    .addColumn('id', t.id, (c) => c.primaryKey())
    .addColumn('action_id', t.id, (c) => c.notNull().references('actions.id').onDelete('cascade'))
    .addColumn('attempt_number', t.int, (c) => c.notNull())
    .addColumn('phase', 'text', (c) => c.notNull())
    .addColumn('version', t.int, (c) => c.notNull())
    .addColumn('start_time', t.time, (c) => c.notNull())
    .addColumn('end_time', t.time)
    .addColumn('error_info', t.bytes)
    .addColumn('outputs', t.bytes)
    .addColumn('output_uri', 'text')
    .addColumn('log_info', t.bytes)
    .addColumn('log_context', t.bytes)
    .addColumn('cluster', 'text', (c) => c.notNull())
    .addColumn('cache_status', t.int, (c) => c.notNull())
    .addColumn('cache_metadata', t.bytes)
    .addColumn('field_versions', t.json, (c) => c.notNull())
    .addColumn('created_at', t.time, (c) => c.notNull())
    .addColumn('updated_at', t.time, (c) => c.notNull())
    .addUniqueConstraint('action_attempts_number_key', ['action_id', 'attempt_number'])
    .execute();

  await db.schema
    .createTable('phase_transitions')
    .addColumn('id', t.id, (c) => c.primaryKey())
    .addColumn('attempt_id', t.id, (c) => c.notNull().references('action_attempts.id').onDelete('cascade'))
    .addColumn('phase', 'text', (c) => c.notNull())
    .addColumn('version', t.int, (c) => c.notNull())
    .addColumn('start_time', t.time, (c) => c.notNull())
    .addColumn('end_time', t.time)
    .addColumn('created_at', t.time, (c) => c.notNull())
    .addUniqueConstraint('phase_transitions_phase_key', ['attempt_id', 'phase'])
    .execute();

  await db.schema
    .createTable('cluster_events')
    .addColumn('id', t.id, (c) => c.primaryKey())
    .addColumn('attempt_id', t.id, (c) => c.notNull().references('action_attempts.id').onDelete('cascade'))
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('occurred_at', t.time, (c) => c.notNull())
    .addColumn('message', 'text', (c) => c.notNull())
    .addColumn('event', t.bytes, (c) => c.notNull())
    .addColumn('created_at', t.time, (c) => c.notNull())
    .addUniqueConstraint('cluster_events_digest_key', ['attempt_id', 'digest'])
    .execute();

  await createChangeLog(db, t, isPostgres);
}

/**
 * The change log. On PostgreSQL each row also carries its transaction, because ids are handed out before transactions commit:
 * a reader that goes by ids alone would step over rows of slower transactions.
 */
async function createChangeLog(db: Kysely<unknown>, t: ColumnTypes, isPostgres: boolean): Promise<void> {
  let table = db.schema
    .createTable('changes')
    .addColumn('id', t.id, (c) =>
      isPostgres ? c.generatedAlwaysAsIdentity().primaryKey() : c.primaryKey().autoIncrement(),
    );
  if (isPostgres) {
    table = table.addColumn('xid', sql`xid8`, (c) => c.notNull().defaultTo(sql`pg_current_xact_id()`));
  }
  await table
    .addColumn('run_id', t.id, (c) => c.notNull())
    .addColumn('action_id', t.id)
    .addColumn('batch', t.id, (c) => c.notNull())
    .addColumn('created_at', t.time, (c) => c.notNull())
    .execute();
  if (isPostgres) {
    await db.schema.createIndex('changes_xid').on('changes').column('xid').execute();
    await sql`create sequence ids as bigint`.execute(db);
  } else {
    await db.schema
      .createTable('ids')
      .addColumn('next', t.id, (c) => c.notNull())
      .execute();
    await sql`insert into ids (next) values (1)`.execute(db);
  }
  await db.schema.createIndex('changes_created_at').on('changes').column('created_at').execute();
}
