import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

const PHASES = [
  'QUEUED',
  'WAITING_FOR_RESOURCES',
  'INITIALIZING',
  'RUNNING',
  'PAUSED',
  'SUCCEEDED',
  'FAILED',
  'ABORTED',
  'TIMED_OUT',
  'RECOVERED',
];
const LEVELS = [0, 1, 2, 3, 4];
const FACTOR = 16;

/** How the runs that are there count; migrations keep their own copy of what they rely on. */
function measures(isPostgres: boolean): Record<string, string> {
  const failed = `phase in ('FAILED', 'TIMED_OUT')`;
  const wait = isPostgres
    ? '(extract(epoch from running_at - created_at) * 1000000)'
    : `((cast(strftime('%s', substr(running_at, 1, 19)) as integer) - cast(strftime('%s', substr(created_at, 1, 19)) as integer)) * 1000000
        + cast(substr(running_at, 21, 6) as integer) - cast(substr(created_at, 21, 6) as integer))`;
  const count = (condition: string) => `sum(case when ${condition} then 1 else 0 end)`;
  return {
    runs: 'count(*)',
    ...Object.fromEntries(
      PHASES.map((phase) => [`phase_${phase.toLowerCase()}`, count(`phase = '${phase}'`)]),
    ),
    errors_user: count(`${failed} and error_kind = 'USER'`),
    errors_system: count(`${failed} and error_kind = 'SYSTEM'`),
    errors_other: count(`${failed} and coalesce(error_kind, '') not in ('USER', 'SYSTEM')`),
    durations: 'count(duration_ms)',
    duration_ms: 'coalesce(sum(duration_ms), 0)',
    waits: 'count(running_at)',
    wait_us: `coalesce(sum(${wait}), 0)`,
  };
}

/**
 * The counts of WatchGroups, kept as runs change. Transactions add rows to `run_group_deltas`; a background job folds them into
 * `run_groups`, which has a row per task and span of time, at several widths, and `run_group_people`.
 */
export async function up(db: Kysely<unknown>, t: ColumnTypes, isPostgres: boolean): Promise<void> {
  // PostgreSQL: these are compared as code points everywhere else too.
  const text: RawBuilder<unknown> = sql.raw(isPostgres ? 'text collate "C"' : 'text');
  const int = sql.raw(String(t.int));
  const time = sql.raw(String(t.time));
  const place = sql`org_key ${text} not null, project ${text} not null, domain ${text} not null, task_name ${text} not null`;
  const id = isPostgres
    ? sql`id bigint generated always as identity primary key`
    : sql`id integer primary key autoincrement`;
  await sql`create table run_group_deltas (${id}, ${place}, minute ${int} not null, principal ${text}, run_id ${int},
    created_at ${time}, delta text not null)`.execute(db);
  const counts = measures(isPostgres);
  const columns = sql.join(Object.keys(counts).map((name) => sql`${sql.ref(name)} ${int} not null`));
  await sql`create table run_groups (${place}, level ${int} not null, bucket ${int} not null, ${columns}, finished ${time},
    primary key (org_key, project, domain, level, bucket, task_name))`.execute(db);
  await sql`create table run_group_people (${place}, principal ${text} not null, created_at ${time} not null, run_id ${int} not null,
    primary key (org_key, project, domain, task_name, principal))`.execute(db);
  // Of a group the newest runs are shown.
  await sql`create index runs_group on runs (org_key, project, domain, (coalesce(task_name, '')), created_at, id)
    where kind = 'RUN'`.execute(db);
  await countRuns(db, isPostgres);
  if (isPostgres) {
    // A queue that empties and fills again, and rows that are updated all the time.
    await sql`alter table run_group_deltas set (autovacuum_vacuum_scale_factor = 0.05)`.execute(db);
    await sql`alter table run_groups set (autovacuum_vacuum_scale_factor = 0.05, fillfactor = 70)`.execute(
      db,
    );
  }
}

/** Counts all runs that there are into the empty tables. */
export async function countRuns(db: Kysely<unknown>, isPostgres: boolean): Promise<void> {
  const counts = measures(isPostgres);
  const minute = isPostgres
    ? 'floor(extract(epoch from created_at) / 60)::bigint'
    : `(cast(strftime('%s', substr(created_at, 1, 19)) as integer) / 60)`;
  const names = sql.join(Object.keys(counts).map((name) => sql.ref(name)));
  const sums = sql.join(Object.values(counts).map((sum) => sql.raw(sum)));
  const key = sql`org_key, project, domain, coalesce(task_name, '')`;
  for (const level of LEVELS) {
    const bucket = sql.raw(`${minute} / ${FACTOR ** level}`);
    await sql`insert into run_groups (org_key, project, domain, task_name, level, bucket, ${names}, finished)
      select ${key}, ${sql.lit(level)}, ${bucket}, ${sums}, max(end_time)
      from runs where kind = 'RUN' group by 1, 2, 3, 4, 6`.execute(db);
  }
  await sql`insert into run_group_people (org_key, project, domain, task_name, principal, created_at, run_id)
    select org_key, project, domain, task, principal, created_at, id from (
      select org_key, project, domain, coalesce(task_name, '') as task, coalesce(created_by_principal, '') as principal, created_at, id,
        row_number() over (partition by ${key}, coalesce(created_by_principal, '') order by created_at desc, id desc) as place
      from runs where kind = 'RUN'
    ) as newest where place = 1`.execute(db);
}
