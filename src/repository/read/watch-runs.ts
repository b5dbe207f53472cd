import { type SelectQueryBuilder, sql } from 'kysely';
import type { Instant } from '../../runs/instant.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Database, Row } from '../schema.ts';
import { RUN_MESSAGE_COLUMNS } from './run-message.ts';

const WATCH_COLUMNS = [
  ...RUN_MESSAGE_COLUMNS,
  'kind',
  'org_key',
  'task_project',
  'task_domain',
  'task_name',
  'task_version',
  'created_at',
  'updated_at',
] as const;

/** A row of `runs` as far as it is shown, and as far as it decides who wants to see it. */
export type RunWatchRow = Pick<Row<'runs'>, (typeof WATCH_COLUMNS)[number]>;

/** Columns that a run must have these values in; they never change in a run. */
export type RunTarget = { readonly kind: string; readonly org_key: string } & {
  readonly [C in
    | 'project'
    | 'domain'
    | 'task_project'
    | 'task_domain'
    | 'task_name'
    | 'task_version']?: string;
};

/** Whether a run belongs to a target. */
export function belongsTo(target: RunTarget, row: RunWatchRow): boolean {
  return Object.entries(target).every(([column, value]) => row[column as keyof RunTarget] === value);
}

/** The runs of those ids that exist. */
export async function readRunRows(dialect: Dialect, ids: readonly number[]): Promise<RunWatchRow[]> {
  const columns = sql.join(WATCH_COLUMNS.map((column) => sql.ref(`r.${column}`)));
  const list = dialect.rows(
    [{ name: 'id', kind: 'int' }],
    ids.map((id) => [id]),
  );
  const { rows } =
    await sql<RunWatchRow>`select ${columns} from ${list} join runs as r on r.id = u.id`.execute(
      dialect.reader,
    );
  return rows;
}

/** The newest runs of a target, those after (older than) a given one. */
export function readNewestRuns(
  dialect: Dialect,
  target: RunTarget,
  after: Pick<RunWatchRow, 'created_at' | 'name' | 'id'> | undefined,
  limit: number,
): Promise<RunWatchRow[]> {
  let query = ofTarget(dialect, target);
  if (after !== undefined) {
    const { created_at, name, id } = after;
    query = query.where((eb) =>
      eb(eb.refTuple('created_at', 'name', 'id'), '<', eb.tuple(created_at, name, id)),
    );
  }
  return query
    .orderBy('created_at', 'desc')
    .orderBy('name', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** The runs of a target that were updated at or after a time, oldest update first, beginning after a given one. */
export function readUpdatedRuns(
  dialect: Dialect,
  target: RunTarget,
  since: Instant,
  after: Pick<RunWatchRow, 'updated_at' | 'id'> | undefined,
  limit: number,
): Promise<RunWatchRow[]> {
  let query = ofTarget(dialect, target).where('updated_at', '>=', since);
  if (after !== undefined) {
    const { updated_at, id } = after;
    query = query.where((eb) => eb(eb.refTuple('updated_at', 'id'), '>', eb.tuple(updated_at, id)));
  }
  return query.orderBy('updated_at').orderBy('id').limit(limit).execute();
}

function ofTarget(dialect: Dialect, target: RunTarget): SelectQueryBuilder<Database, 'runs', RunWatchRow> {
  let query = dialect.reader.selectFrom('runs').select(WATCH_COLUMNS);
  for (const [column, value] of Object.entries(target)) {
    query = query.where(column as keyof RunTarget, '=', value);
  }
  return query;
}
