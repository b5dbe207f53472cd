import { sql } from 'kysely';
import { addMeasures, bucketOf, LEVELS, MEASURES, type Measures } from '../../runs/group-measures.ts';
import type { Instant } from '../../runs/instant.ts';
import { FOLDING } from '../dialects/advisory-locks.ts';
import type { Db, Dialect } from '../dialects/dialect.ts';
import { columnKind, columnNames, type Row } from '../schema.ts';
import { type GroupDelta, later } from './flush-groups.ts';

/** How many deltas one transaction folds: on SQLite writers wait that long. */
export const DELTAS_PER_FOLD = 1000;

/**
 * Moves the oldest deltas into the counts that they change, in one transaction: readers see each of them in one of the two places. Returns
 * how many deltas there were; undefined if another process is about to do the same.
 */
export function foldGroups(dialect: Dialect, limit = DELTAS_PER_FOLD): Promise<number | undefined> {
  return dialect.writer.transaction().execute(async (db) => {
    if (!(await isMyTurn(dialect, db))) return undefined;
    const deltas = await takeDeltas(dialect, db, limit);
    await addCounts(dialect, db, deltas);
    await addPeople(dialect, db, deltas);
    return deltas.length;
  });
}

/** Two at once would write the same counts, one after the other. The turn of one that dies ends with its transaction. */
async function isMyTurn({ kind }: Dialect, db: Db): Promise<boolean> {
  if (kind === 'sqlite') return true;
  const [key, number] = FOLDING;
  const { rows } = await sql<{ mine: boolean }>`
    select pg_try_advisory_xact_lock(${sql.lit(key)}, ${sql.lit(number)}) as mine`.execute(db);
  return rows[0]?.mine ?? false;
}

async function takeDeltas(dialect: Dialect, db: Db, limit: number): Promise<Row<'run_group_deltas'>[]> {
  const columns = sql.join(columnNames('run_group_deltas').map((name) => sql.ref(name)));
  // One of an older version does not take turns: it gets others, and waits for none.
  const others = dialect.kind === 'postgres' ? sql` for update skip locked` : sql``;
  const { rows } = await sql<Row<'run_group_deltas'>>`
    delete from run_group_deltas where id in (
      select id from run_group_deltas order by id limit ${limit}${others}
    ) returning ${columns}`.execute(db);
  return rows;
}

async function addCounts(
  dialect: Dialect,
  db: Db,
  deltas: readonly Row<'run_group_deltas'>[],
): Promise<void> {
  const buckets = new Map<string, { key: Key; measures: Measures; finished: Instant | null }>();
  for (const { org_key, project, domain, task_name, minute, delta } of deltas) {
    const { measures, finished } = JSON.parse(delta) as GroupDelta;
    for (const level of LEVELS) {
      const key: Key = [org_key, project, domain, level, bucketOf(minute, level), task_name];
      const text = JSON.stringify(key);
      const bucket = buckets.get(text) ?? { key, measures: {}, finished: null };
      buckets.set(text, bucket);
      addMeasures(bucket.measures, measures);
      bucket.finished = later(bucket.finished, finished);
    }
  }
  const names = ['org_key', 'project', 'domain', 'level', 'bucket', 'task_name', ...MEASURES, 'finished'];
  // All take the rows in one order, so none waits for another in a circle.
  const rows = [...buckets.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { key, measures, finished }]) => [...key, ...MEASURES.map((m) => measures[m] ?? 0), finished]);
  const sums = MEASURES.map((m) => sql`${sql.ref(m)} = run_groups.${sql.ref(m)} + excluded.${sql.ref(m)}`);
  const newest = sql`finished = case when excluded.finished is null or run_groups.finished > excluded.finished
    then run_groups.finished else excluded.finished end`;
  const conflict = sql`(org_key, project, domain, level, bucket, task_name) do update set ${sql.join([...sums, newest])}`;
  await upsert(dialect, db, 'run_groups', names, rows, conflict);
}

type Key = [string, string, string, number, number, string];

async function addPeople(
  dialect: Dialect,
  db: Db,
  deltas: readonly Row<'run_group_deltas'>[],
): Promise<void> {
  const newest = new Map<string, Row<'run_group_people'>>();
  for (const { org_key, project, domain, task_name, principal, created_at, run_id } of deltas) {
    if (principal === null || created_at === null || run_id === null) continue;
    const key = JSON.stringify([org_key, project, domain, task_name, principal]);
    const known = newest.get(key);
    const row = { org_key, project, domain, task_name, principal, created_at, run_id };
    if (known === undefined || isNewerPerson(row, known)) newest.set(key, row);
  }
  const names = columnNames('run_group_people');
  const rows = [...newest.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => names.map((name) => row[name as keyof typeof row]));
  const conflict = sql`(org_key, project, domain, task_name, principal) do update
    set created_at = excluded.created_at, run_id = excluded.run_id
    where excluded.created_at > run_group_people.created_at
      or (excluded.created_at = run_group_people.created_at and excluded.run_id > run_group_people.run_id)`;
  await upsert(dialect, db, 'run_group_people', names, rows, conflict);
}

/** Whether a person's run is newer than another one of his. */
export function isNewerPerson(
  a: Pick<Row<'run_group_people'>, 'created_at' | 'run_id'>,
  b: Pick<Row<'run_group_people'>, 'created_at' | 'run_id'>,
): boolean {
  return a.created_at > b.created_at || (a.created_at === b.created_at && a.run_id > b.run_id);
}

async function upsert(
  dialect: Dialect,
  db: Db,
  table: 'run_groups' | 'run_group_people',
  names: readonly string[],
  rows: readonly unknown[][],
  conflict: ReturnType<typeof sql>,
): Promise<void> {
  if (rows.length === 0) return;
  const columns = names.map((name) => ({ name, kind: columnKind(table, name) }));
  const list = sql.join(names.map((name) => sql.ref(name)));
  await sql`insert into ${sql.table(table)} (${list}) select ${list} from ${dialect.rows(columns, rows)} where true
    on conflict ${conflict}`.execute(db);
}
