import { sql } from 'kysely';
import type { ListRequest } from '../gen/flyteidl2/common/list_pb.js';
import { type Condition, conditionsOf, equals } from '../runs/filter-condition.ts';
import { findField, parseFilters } from '../runs/filter-parse.ts';
import { TASK_FIELDS, VERSION_FIELDS } from '../runs/task-fields.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { ListTable } from './read/list-indexes.ts';
import { type Page, readPage } from './read/list-page.ts';
import type { Base } from './read/list-sql.ts';
import type { StoredTaskName, TaskRow } from './tasks.ts';

const newest = ['created_at', 'name', 'id'];

/** The latest version of each task. */
const LATEST: ListTable = {
  table: 'tasks',
  standIns: {},
  indexes: [
    { name: 'tasks_name', columns: ['name', 'id'] },
    { name: 'tasks_project_created', columns: ['project', 'domain', ...newest] },
    { name: 'tasks_created', columns: newest },
  ],
};

/** All versions of all tasks. */
const VERSIONS: ListTable = {
  table: 'tasks',
  standIns: {},
  indexes: [{ name: 'tasks_versions', columns: ['project', 'domain', 'name', 'created_at', 'id'] }],
};

/** The versions of one task. */
const VERSIONS_OF_TASK: ListTable = {
  table: 'tasks',
  standIns: {},
  indexes: [{ name: 'tasks_versions', columns: ['created_at', 'id'] }],
};

const COLUMNS = ['id', 'org', 'project', 'domain', 'name', 'version', 'metadata', 'created_at'] as const;

/** A row of `tasks` as far as lists show it. */
export type TaskListRow = Pick<TaskRow, (typeof COLUMNS)[number]>;

/** A list of tasks. */
export interface TaskListQuery {
  readonly orgKey: string;
  readonly project?: { readonly project: string; readonly domain: string } | undefined;
  readonly deployedBy?: string | undefined;
  readonly entrypoint?: boolean | undefined;
  readonly request: ListRequest | undefined;
  /** Rows that the call may look at for filters that no index can answer. */
  readonly maxScan: number;
  readonly signal?: AbortSignal | undefined;
}

/** A page of tasks: each in its latest version, unless a filter asks for versions; then each version that meets it. */
export function listTasks(dialect: Dialect, query: TaskListQuery): Promise<Page<TaskListRow>> {
  const { request, maxScan, signal } = query;
  const versions = asksForVersions(request);
  return readPage<TaskListRow>(dialect, {
    table: versions ? VERSIONS : LATEST,
    fields: TASK_FIELDS,
    base: baseOf(query, versions),
    scope: scopeOf(query),
    request,
    columns: COLUMNS,
    maxScan,
    signal,
  });
}

/** How many tasks the scope has, and how many of them meet the filters; the second is counted over `maxScan` tasks at most. */
export async function countTasks(
  dialect: Dialect,
  query: TaskListQuery,
): Promise<{ total: number; filtered: number }> {
  const scope = scopeOf({ ...query, deployedBy: undefined, entrypoint: undefined });
  const inScope = where([...baseOf(query, false), ...placeOf(query)]);
  const counted = await sql<{ n: number }>`select count(*) as n from tasks where ${inScope}`.execute(
    dialect.reader,
  );
  const total = Number(counted.rows[0]?.n ?? 0);
  const filters = conditionsOf(parseFilters(TASK_FIELDS, query.request?.filters ?? []));
  if (filters === undefined) return { total, filtered: 0 };
  const conditions = [...scopeOf(query), ...filters];
  if (conditions.length === scope.length) return { total, filtered: total };
  const columns = sql.join(['id', ...new Set(conditions.map(({ column }) => column))].map((c) => sql.ref(c)));
  const looked = where([...baseOf(query, asksForVersions(query.request)), ...placeOf(query)]);
  const { rows } = await sql<Record<string, unknown>>`
    select ${columns} from tasks where ${looked} limit ${query.maxScan}`.execute(dialect.reader);
  const filtered = rows.filter((row) => conditions.every((condition) => condition.matches(row))).length;
  return { total, filtered };
}

/** A page of the versions of a task, the newest first unless the request says otherwise. */
export function listVersions(
  dialect: Dialect,
  task: StoredTaskName,
  query: Pick<TaskListQuery, 'request' | 'maxScan' | 'signal'>,
): Promise<Page<TaskListRow>> {
  const { org_key, project, domain, name } = task;
  return readPage<TaskListRow>(dialect, {
    table: VERSIONS_OF_TASK,
    fields: VERSION_FIELDS,
    base: baseColumns({ org_key, project, domain, name }),
    scope: [],
    columns: COLUMNS,
    ...query,
  });
}

function asksForVersions(request: ListRequest | undefined): boolean {
  return (request?.filters ?? []).some(
    ({ field }) => findField(TASK_FIELDS, field)?.field.column === 'version',
  );
}

function baseOf({ orgKey }: TaskListQuery, versions: boolean): Base {
  return baseColumns(versions ? { org_key: orgKey } : { org_key: orgKey, latest: 1 });
}

function baseColumns(columns: Readonly<Record<string, string | number>>): Base {
  return Object.entries(columns).map(([column, value]) => ({ column, value }));
}

function placeOf({ project }: TaskListQuery): Base {
  return project ? baseColumns({ project: project.project, domain: project.domain }) : [];
}

function scopeOf(query: TaskListQuery): Condition[] {
  const { deployedBy, entrypoint } = query;
  return [
    ...placeOf(query).map(({ column, value }) => equals(column, value)),
    ...(deployedBy === undefined ? [] : [equals('deployed_by', deployedBy)]),
    ...(entrypoint === undefined ? [] : [equals('entrypoint', Number(entrypoint))]),
  ];
}

function where(columns: Base) {
  return sql.join(
    columns.map(({ column, value }) => sql`${sql.ref(column)} = ${value}`),
    sql` and `,
  );
}
