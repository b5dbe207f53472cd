import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** Text that lists compare or sort by: in PostgreSQL by code points, as in SQLite and in the service itself. */
const TEXT: Record<string, string[]> = {
  tasks: ['org_key', 'project', 'domain', 'name', 'version', 'short_name', 'environment_name', 'deployed_by'],
  triggers: ['org_key', 'project', 'domain', 'task_name', 'name', 'task_version', 'state', 'automation_type'],
  trigger_revisions: ['action'],
};

/** Deployed tasks in all their versions; triggers with their revisions and the time at which each fires next. */
export async function up(db: Kysely<unknown>, t: ColumnTypes, isPostgres: boolean): Promise<void> {
  await createTasks(db, t);
  await createTriggers(db, t);
  if (isPostgres) {
    for (const [table, columns] of Object.entries(TEXT)) {
      const changes = columns.map((column) => sql`alter column ${sql.ref(column)} type text collate "C"`);
      await sql`alter table ${sql.table(table)} ${sql.join(changes, sql`, `)}`.execute(db);
    }
  }
  await createIndexes(db);
}

async function createTasks(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('tasks')
    .addColumn('id', t.id, (c) => c.primaryKey())
    .addColumn('org', 'text', (c) => c.notNull())
    .addColumn('org_key', 'text', (c) => c.notNull())
    .addColumn('project', 'text', (c) => c.notNull())
    .addColumn('domain', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .addColumn('short_name', 'text', (c) => c.notNull())
    .addColumn('environment_name', 'text', (c) => c.notNull())
    .addColumn('entrypoint', t.int, (c) => c.notNull())
    .addColumn('latest', t.int, (c) => c.notNull())
    .addColumn('spec_digest', 'text', (c) => c.notNull().references('task_specs.digest'))
    .addColumn('metadata', t.bytes, (c) => c.notNull())
    .addColumn('deployed_by', 'text', (c) => c.notNull())
    .addColumn('created_at', t.time, (c) => c.notNull())
    .addUniqueConstraint('tasks_version_key', ['org_key', 'project', 'domain', 'name', 'version'])
    .execute();
}

async function createTriggers(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('triggers')
    .addColumn('id', t.id, (c) => c.primaryKey())
    .addColumn('org', 'text', (c) => c.notNull())
    .addColumn('org_key', 'text', (c) => c.notNull())
    .addColumn('project', 'text', (c) => c.notNull())
    .addColumn('domain', 'text', (c) => c.notNull())
    .addColumn('task_name', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('revision', t.int, (c) => c.notNull())
    .addColumn('task_version', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('deleted', t.int, (c) => c.notNull())
    .addColumn('with_task', t.int, (c) => c.notNull())
    .addColumn('automation_type', 'text', (c) => c.notNull())
    .addColumn('automation_spec', t.bytes, (c) => c.notNull())
    .addColumn('spec', t.bytes, (c) => c.notNull())
    .addColumn('metadata', t.bytes, (c) => c.notNull())
    .addColumn('created_at', t.time, (c) => c.notNull())
    .addColumn('deployed_at', t.time, (c) => c.notNull())
    .addColumn('updated_at', t.time, (c) => c.notNull())
    .addColumn('triggered_at', t.time)
    .addColumn('deleted_at', t.time)
    .addColumn('schedule_since', t.time)
    .addColumn('next_fire_at', t.time)
    .addUniqueConstraint('triggers_name_key', ['org_key', 'project', 'domain', 'task_name', 'name'])
    .execute();

  await db.schema
    .createTable('trigger_revisions')
    .addColumn('id', t.id, (c) => c.primaryKey())
    .addColumn('trigger_id', t.id, (c) => c.notNull().references('triggers.id').onDelete('cascade'))
    .addColumn('revision', t.int, (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('task_version', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('automation_spec', t.bytes, (c) => c.notNull())
    .addColumn('spec', t.bytes, (c) => c.notNull())
    .addColumn('metadata', t.bytes, (c) => c.notNull())
    .addColumn('deployed_at', t.time, (c) => c.notNull())
    .addColumn('updated_at', t.time, (c) => c.notNull())
    .addColumn('triggered_at', t.time)
    .addColumn('deleted_at', t.time)
    .addColumn('created_at', t.time, (c) => c.notNull())
    .addUniqueConstraint('trigger_revisions_key', ['trigger_id', 'revision'])
    .execute();
}

async function createIndexes(db: Kysely<unknown>): Promise<void> {
  const newest = 'created_at, name, id';
  const indexes: [string, string, string][] = [
    ['tasks_created', 'tasks', `org_key, latest, ${newest}`],
    ['tasks_project_created', 'tasks', `org_key, latest, project, domain, ${newest}`],
    ['tasks_name', 'tasks', 'org_key, latest, name, id'],
    ['tasks_versions', 'tasks', 'org_key, project, domain, name, created_at, id'],
    ['triggers_created', 'triggers', `org_key, deleted, ${newest}`],
    ['triggers_project_created', 'triggers', `org_key, deleted, project, domain, ${newest}`],
    ['triggers_task', 'triggers', `org_key, deleted, project, domain, task_name, ${newest}`],
  ];
  for (const [name, table, columns] of indexes) {
    await sql`create index ${sql.ref(name)} on ${sql.table(table)} (${sql.raw(columns)})`.execute(db);
  }
  // Two deployments at the same time can't both be the latest: the second one begins anew and sees the first.
  await sql`create unique index tasks_latest on tasks (org_key, project, domain, name) where latest = 1`.execute(
    db,
  );
  await sql`create index triggers_due on triggers (next_fire_at, id) where next_fire_at is not null`.execute(
    db,
  );
  await sql`create index runs_of_task on runs (org_key, task_project, task_domain, task_name, created_at, id) where kind = 'RUN' and task_name is not null`.execute(
    db,
  );
}
