import { sql } from 'kysely';
import type { Db, Dialect } from '../dialects/dialect.ts';
import { topPerKey } from '../dialects/top-per-key.ts';
import type { Row } from '../schema.ts';
import { isNewerPerson } from '../write/fold-groups.ts';
import { type PendingDelta, placeOf, placeSql, tasksSql } from './group-counts.ts';
import { type GroupScope, scopedRuns, TASK, targetSql } from './group-scope.ts';

/** A person with his newest run in a group. */
export type GroupPerson = Pick<Row<'run_group_people'>, 'task_name' | 'principal' | 'created_at' | 'run_id'>;

/** Who started runs of the tasks in the period, by the counts that are kept; each with his newest run in it. */
export async function keptPeople(
  dialect: Dialect,
  db: Db,
  scope: GroupScope,
  deltas: readonly PendingDelta[],
  tasks: readonly string[] | undefined,
): Promise<GroupPerson[]> {
  const { start, end } = scope;
  const { rows } = await sql<GroupPerson>`
    select g.task_name, g.principal, g.created_at, g.run_id from run_group_people as g
    where ${placeSql(placeOf(scope))} and g.created_at >= ${start}${tasksSql(dialect, sql`g.task_name`, tasks)}`.execute(
    db,
  );
  const newest = new Map<string, GroupPerson>();
  const consider = (person: GroupPerson) => {
    const key = `${person.task_name}\n${person.principal}`;
    const known = newest.get(key);
    if (known === undefined || isNewerPerson(person, known)) newest.set(key, person);
  };
  for (const person of rows) consider(person);
  for (const { task_name, principal, created_at, run_id } of deltas) {
    if (principal === null || created_at === null || run_id === null || created_at < start) continue;
    consider({ task_name, principal, created_at, run_id });
  }
  const people = [...newest.values()];
  if (end === undefined) return people;
  // Whose newest run is after the period may have an earlier one in it.
  const inside = people.filter(({ created_at }) => created_at < end);
  const later = people.filter(({ created_at }) => created_at >= end);
  return [...inside, ...(await newestBefore(dialect, db, scope, later))];
}

async function newestBefore(
  dialect: Dialect,
  db: Db,
  scope: GroupScope,
  people: readonly GroupPerson[],
): Promise<GroupPerson[]> {
  if (people.length === 0) return [];
  const columns = ['task', 'principal'].map((name) => ({ name, kind: 'text' }) as const);
  const list = dialect.rows(
    columns,
    people.map(({ task_name, principal }) => [task_name, principal]),
  );
  const inner = sql`select i.id from runs as i where ${sql.join(targetSql('i', scope.target), sql` and `)}
    and coalesce(i.task_name, '') = u.task and coalesce(i.created_by_principal, '') = u.principal
    and i.created_at >= ${scope.start} and i.created_at < ${scope.end}
    order by i.created_at desc, i.id desc limit 1`;
  const { rows } = await sql<GroupPerson>`
    select u.task as task_name, u.principal, r.created_at, r.id as run_id
    from ${topPerKey(dialect, list, 'runs', inner)}`.execute(db);
  return rows;
}

/** The same from the runs themselves, whatever the filters. */
export async function scannedPeople(
  dialect: Dialect,
  db: Db,
  scope: GroupScope,
  tasks: readonly string[] | undefined,
): Promise<GroupPerson[]> {
  const who = sql`coalesce(runs.created_by_principal, '')`;
  const { rows } = await sql<GroupPerson>`
    select task_name, principal, created_at, run_id from (
      select ${TASK} as task_name, ${who} as principal, runs.created_at, runs.id as run_id,
        row_number() over (partition by ${TASK}, ${who} order by runs.created_at desc, runs.id desc) as place
      from ${scopedRuns(dialect, scope, tasks)}
    ) as newest where place = 1`.execute(db);
  return rows;
}

/** The metadata of runs by their ids, as wire bytes. */
export async function metadataOf(
  dialect: Dialect,
  db: Db,
  ids: readonly number[],
): Promise<Map<number, Uint8Array>> {
  if (ids.length === 0) return new Map();
  const list = dialect.rows(
    [{ name: 'id', kind: 'int' }],
    ids.map((id) => [id]),
  );
  const { rows } = await sql<{ id: number; metadata: Uint8Array }>`
    select r.id, r.metadata from ${list} join runs as r on r.id = u.id`.execute(db);
  return new Map(rows.map(({ id, metadata }) => [id, metadata]));
}
