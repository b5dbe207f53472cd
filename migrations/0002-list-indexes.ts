import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

const NEWEST = 'created_at, name, id';

/** Every index of runs begins with what each list is about: `org_key, kind`. */
const RUN_INDEXES: Record<string, { columns: string; where?: string }> = {
  runs_created: { columns: NEWEST },
  runs_project_created: { columns: `project, domain, ${NEWEST}` },
  runs_project_phase: { columns: `project, domain, phase, ${NEWEST}` },
  runs_phase: { columns: `phase, ${NEWEST}` },
  runs_task: { columns: `task_name, ${NEWEST}` },
  runs_task_version: { columns: `task_version, ${NEWEST}` },
  runs_created_by: { columns: `created_by_principal, ${NEWEST}`, where: 'created_by_principal is not null' },
  runs_trigger: { columns: `trigger_name, ${NEWEST}`, where: 'trigger_name is not null' },
  runs_paused: { columns: NEWEST, where: 'paused_actions > 0' },
  runs_name: { columns: 'name, id' },
  runs_updated: { columns: 'updated_at, id' },
  // The two databases put NULL at different ends; a value that comes before all others stands for it.
  runs_ended: { columns: `coalesce(end_time, '0001-01-01T00:00:00.000000Z'), id` },
  runs_duration: { columns: 'coalesce(duration_ms, -1), id' },
};

/** Text that lists compare or sort by: in PostgreSQL by code points, as in SQLite and in the service itself. */
const TEXT: Record<string, string[]> = {
  runs: [
    ...[
      'org_key',
      'project',
      'domain',
      'name',
      'kind',
      'source',
      'phase',
      'task_project',
      'task_domain',
      'task_name',
    ],
    ...['task_version', 'trigger_project', 'trigger_domain', 'trigger_name', 'trigger_task_name'],
    ...['created_by_principal', 'environment_name', 'function_name'],
  ],
  run_labels: ['key', 'value'],
  actions: [
    ...[
      'run_name',
      'name',
      'parent_action_name',
      'group_name',
      'action_type',
      'phase',
      'task_name',
      'task_version',
    ],
    ...['function_name', 'created_by_principal'],
  ],
};

/**
 * What ListRuns and ListActions need to find a page without looking at the rows before it or beside it. Actions have no index on
 * anything that changes, so that PostgreSQL can update them in place.
 */
export async function up(db: Kysely<unknown>, _types: ColumnTypes, isPostgres: boolean): Promise<void> {
  if (isPostgres) {
    for (const [table, columns] of Object.entries(TEXT)) {
      const changes = columns.map((column) => sql`alter column ${sql.ref(column)} type text collate "C"`);
      await sql`alter table ${sql.table(table)} ${sql.join(changes, sql`, `)}`.execute(db);
    }
  }
  for (const [name, { columns, where }] of Object.entries(RUN_INDEXES)) {
    const condition = where === undefined ? sql`` : sql` where ${sql.raw(where)}`;
    await sql`create index ${sql.ref(name)} on runs (org_key, kind, ${sql.raw(columns)})${condition}`.execute(
      db,
    );
  }
  await sql`create index actions_created on actions (run_id, created_at, name)`.execute(db);
  await sql`create index actions_parent on actions (run_id, parent_action_name, created_at, name)`.execute(
    db,
  );
  await sql`create index actions_conditions on actions (run_id, created_at, name) where action_type = 'CONDITION'`.execute(
    db,
  );
}
