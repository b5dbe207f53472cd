import { sql } from 'kysely';
import type { RunIdentifier } from '../../gen/flyteidl2/common/identifier_pb.js';
import type { Dialect } from '../dialects/dialect.ts';
import type { Row } from '../schema.ts';
import { runIdentifier } from './run-message.ts';

const TREE_COLUMNS = [
  'id',
  'name',
  'phase',
  'attempts',
  'start_time',
  'end_time',
  'duration_ms',
  'cache_status',
  'metadata',
  'parent_action_name',
  'function_name',
  'created_at',
] as const satisfies readonly (keyof Row<'actions'>)[];

/** A row of `actions` as far as the tree of a run shows it. What is the same for all actions of a run is not read again with each. */
export type TreeRow = Pick<Row<'actions'>, (typeof TREE_COLUMNS)[number]>;

/** Where an action stands among those of its run. */
export type TreePlace = Pick<TreeRow, 'created_at' | 'name'>;

/** A page of a run's actions, oldest first, those after a given one. */
export function readTreePage(
  dialect: Dialect,
  runId: number,
  after: TreePlace | undefined,
  limit: number,
): Promise<TreeRow[]> {
  let query = dialect.reader.selectFrom('actions').select(TREE_COLUMNS).where('run_id', '=', runId);
  if (after !== undefined) {
    const { created_at, name } = after;
    query = query.where((eb) => eb(eb.refTuple('created_at', 'name'), '>', eb.tuple(created_at, name)));
  }
  return query.orderBy('created_at').orderBy('name').limit(limit).execute();
}

/** The identity that all actions of a run share. Rejects if there is no such run. */
export async function readRunIdentity(dialect: Dialect, runId: number): Promise<RunIdentifier> {
  const row = await dialect.reader
    .selectFrom('runs')
    .select(['org', 'project', 'domain', 'name'])
    .where('id', '=', runId)
    .executeTakeFirstOrThrow();
  return runIdentifier(row);
}

/** The actions of those ids that exist. */
export async function readTreeRows(dialect: Dialect, ids: readonly number[]): Promise<Map<number, TreeRow>> {
  const columns = sql.join(TREE_COLUMNS.map((column) => sql.ref(`a.${column}`)));
  const list = dialect.rows(
    [{ name: 'id', kind: 'int' }],
    ids.map((id) => [id]),
  );
  const { rows } =
    await sql<TreeRow>`select ${columns} from ${list} join actions as a on a.id = u.id`.execute(
      dialect.reader,
    );
  return new Map(rows.map((row) => [row.id, row]));
}
