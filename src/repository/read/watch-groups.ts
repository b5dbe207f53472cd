import { type RawBuilder, sql } from 'kysely';
import type { ParsedFilter } from '../../runs/filter-parse.ts';
import type { Instant } from '../../runs/instant.ts';
import type { Db, Dialect } from '../dialects/dialect.ts';
import { inList } from '../dialects/list-terms.ts';
import { millisBetween } from '../dialects/millis-between.ts';
import { readSnapshot } from './snapshot.ts';
import { filterSql } from './watch-group-filter.ts';
import type { RunTarget } from './watch-runs.ts';

/** Which runs are summed up. */
export interface GroupScope {
  readonly target: RunTarget;
  /** Runs created at or after. */
  readonly start: Instant;
  /** Runs created before. */
  readonly end: Instant | undefined;
  readonly filters: readonly ParsedFilter[];
}

/** How many runs of a group its recent statuses are made of. */
export const RECENT_RUNS = 10;
/** How many people a group names: those who started a run last. */
export const GROUP_PEOPLE = 20;

/** The runs of a group that are in one phase and failed for one kind of reason. */
export interface GroupSum {
  readonly task: string;
  readonly phase: string;
  /** USER, SYSTEM, UNSPECIFIED, or empty. */
  readonly error_kind: string;
  readonly runs: number;
  readonly latest: Instant;
  readonly finished: Instant | null;
  readonly duration: number | null;
  readonly durations: number;
  readonly wait: number | null;
  readonly waits: number;
}

/** One of the newest runs of a group. */
export interface GroupRun {
  readonly task: string;
  readonly name: string;
  readonly phase: string;
  readonly function_name: string;
  readonly environment_name: string;
}

/** Everything that is known of the runs of one task; `recent` has the newest first. */
export interface GroupData {
  readonly task: string;
  readonly sums: readonly GroupSum[];
  readonly recent: readonly GroupRun[];
  /** Wire bytes of `ActionMetadata` of the newest run of each person. */
  readonly people: readonly Uint8Array[];
}

/** The groups of a scope, or those of some tasks ('' for runs without one), as of one moment. */
export function readGroups(
  dialect: Dialect,
  scope: GroupScope,
  tasks: readonly string[] | undefined,
): Promise<GroupData[]> {
  const where = whereSql(dialect, scope, tasks);
  return readSnapshot(dialect, async (db) => {
    const sums = Map.groupBy(await readSums(dialect, db, where), ({ task }) => task);
    const recent = Map.groupBy(await readRecent(db, where), ({ task }) => task);
    const people = Map.groupBy(await readPeople(db, where), ({ task }) => task);
    return [...sums].map(([task, rows]) => ({
      task,
      sums: rows,
      recent: recent.get(task) ?? [],
      people: (people.get(task) ?? []).map(({ metadata }) => metadata),
    }));
  });
}

const TASK = sql`coalesce(runs.task_name, '')`;
const NEWEST_FIRST = sql`order by runs.created_at desc, runs.id desc`;

async function readSums(dialect: Dialect, db: Db, where: RawBuilder<unknown>): Promise<GroupSum[]> {
  const wait = millisBetween(dialect, sql`runs.created_at`, sql`runs.running_at`);
  const { rows } = await sql<GroupSum>`
    select ${TASK} as task, runs.phase, coalesce(runs.error_kind, '') as error_kind, count(*) as runs,
      max(runs.created_at) as latest, max(runs.end_time) as finished,
      cast(sum(runs.duration_ms) as double precision) as duration, count(runs.duration_ms) as durations,
      cast(sum(${wait}) as double precision) as wait, count(runs.running_at) as waits
    from runs where ${where} group by 1, 2, 3`.execute(db);
  return rows;
}

async function readRecent(db: Db, where: RawBuilder<unknown>): Promise<GroupRun[]> {
  const { rows } = await sql<GroupRun>`
    select task, name, phase, function_name, environment_name from (
      select ${TASK} as task, runs.name, runs.phase, runs.function_name, runs.environment_name,
        row_number() over (partition by ${TASK} ${NEWEST_FIRST}) as place
      from runs where ${where}
    ) as ranked where place <= ${RECENT_RUNS} order by task, place`.execute(db);
  return rows;
}

async function readPeople(
  db: Db,
  where: RawBuilder<unknown>,
): Promise<{ task: string; metadata: Uint8Array }[]> {
  const { rows } = await sql<{ task: string; metadata: Uint8Array }>`
    select people.task, r.metadata from (
      select task, id, row_number() over (partition by task order by created_at desc, id desc) as place from (
        select ${TASK} as task, runs.id, runs.created_at,
          row_number() over (partition by ${TASK}, runs.created_by_principal ${NEWEST_FIRST}) as nth
        from runs where ${where}
      ) as newest where nth = 1
    ) as people join runs as r on r.id = people.id
    where people.place <= ${GROUP_PEOPLE} order by people.task, people.place`.execute(db);
  return rows;
}

function whereSql(
  dialect: Dialect,
  scope: GroupScope,
  tasks: readonly string[] | undefined,
): RawBuilder<unknown> {
  const parts: RawBuilder<unknown>[] = Object.entries(scope.target).map(
    ([column, value]) => sql`${sql.ref(`runs.${column}`)} = ${value}`,
  );
  parts.push(sql`runs.created_at >= ${scope.start}`);
  if (scope.end !== undefined) parts.push(sql`runs.created_at < ${scope.end}`);
  if (tasks !== undefined) parts.push(tasksSql(dialect, tasks));
  for (const filter of scope.filters) parts.push(filterSql(dialect, filter));
  return sql.join(parts, sql` and `);
}

function tasksSql(dialect: Dialect, tasks: readonly string[]): RawBuilder<unknown> {
  const named = inList(dialect, sql`runs.task_name`, tasks, 'text');
  // An index knows names, not what stands for a missing one.
  return tasks.includes('') ? sql`(${named} or runs.task_name is null)` : named;
}
