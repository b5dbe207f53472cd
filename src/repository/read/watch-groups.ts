import { sql } from 'kysely';
import type { Measures } from '../../runs/group-measures.ts';
import type { Instant } from '../../runs/instant.ts';
import type { Db, Dialect } from '../dialects/dialect.ts';
import { topPerKey } from '../dialects/top-per-key.ts';
import { isNewerPerson } from '../write/fold-groups.ts';
import { keptCounts, pendingDeltas, scannedCounts } from './group-counts.ts';
import { type GroupPerson, keptPeople, metadataOf, scannedPeople } from './group-people.ts';
import { type GroupScope, isCounted, scopedRuns, splitPeriod, TASK, targetSql } from './group-scope.ts';
import { readSnapshot } from './snapshot.ts';

/** How many runs of a group its recent statuses are made of. */
export const RECENT_RUNS = 10;
/** How many people a group names: those who started a run last. */
export const GROUP_PEOPLE = 20;

/** One of the newest runs of a group. */
export interface GroupRun {
  readonly task: string;
  readonly name: string;
  readonly phase: string;
  readonly created_at: Instant;
  readonly function_name: string;
  readonly environment_name: string;
}

/** Everything that is known of the runs of one task; `recent` has the newest first. */
export interface GroupData {
  readonly task: string;
  readonly measures: Measures;
  /** The newest end of a run. */
  readonly finished: Instant | null;
  readonly recent: readonly GroupRun[];
  /** Wire bytes of `ActionMetadata` of the newest run of each person. */
  readonly people: readonly Uint8Array[];
}

/**
 * The groups of a scope, or those of some tasks ('' for runs without one), as of one moment. They come from counts that are kept, so what
 * it takes does not grow with the number of runs; only filters that those can't answer make it look at the runs themselves (`scan` too).
 */
export function readGroups(
  dialect: Dialect,
  scope: GroupScope,
  tasks: readonly string[] | undefined,
  options: { scan?: boolean } = {},
): Promise<GroupData[]> {
  return readSnapshot(dialect, async (db) => {
    const kept = isCounted(scope) && !options.scan;
    const deltas = kept ? await pendingDeltas(dialect, db, scope, tasks) : [];
    const counts = kept
      ? await keptCounts(dialect, db, scope, splitPeriod(scope), deltas, tasks)
      : await scannedCounts(dialect, db, scope, tasks);
    const found = [...counts.keys()];
    if (found.length === 0) return [];
    const runs = kept
      ? await keptRecent(dialect, db, scope, found)
      : await scannedRecent(dialect, db, scope, tasks);
    const recent = Map.groupBy(runs, ({ task }) => task);
    const people = await (kept
      ? keptPeople(dialect, db, scope, deltas, tasks)
      : scannedPeople(dialect, db, scope, tasks));
    const shown = newestPeople(people);
    const ids = [...shown.values()].flat().map(({ run_id }) => run_id);
    const metadata = await metadataOf(dialect, db, ids);
    return [...counts].map(([task, { measures, finished }]) => ({
      task,
      measures,
      finished,
      recent: recent.get(task) ?? [],
      people: (shown.get(task) ?? []).flatMap(({ run_id }) => metadata.get(run_id) ?? []),
    }));
  });
}

function newestPeople(people: readonly GroupPerson[]): Map<string, GroupPerson[]> {
  const groups = Map.groupBy(people, ({ task_name }) => task_name);
  for (const [task, persons] of groups) {
    groups.set(task, persons.sort((a, b) => (isNewerPerson(a, b) ? -1 : 1)).slice(0, GROUP_PEOPLE));
  }
  return groups;
}

const SHOWN = ['name', 'phase', 'created_at', 'function_name', 'environment_name'];

/** An index has the runs of each task in this order. */
async function keptRecent(
  dialect: Dialect,
  db: Db,
  scope: GroupScope,
  tasks: readonly string[],
): Promise<GroupRun[]> {
  const list = dialect.rows(
    [{ name: 'task', kind: 'text' }],
    tasks.map((task) => [task]),
  );
  const before = scope.end === undefined ? sql`` : sql` and i.created_at < ${scope.end}`;
  const inner = sql`select i.id from runs as i where ${sql.join(targetSql('i', scope.target), sql` and `)}
    and coalesce(i.task_name, '') = u.task and i.created_at >= ${scope.start}${before}
    order by i.created_at desc, i.id desc limit ${RECENT_RUNS}`;
  const columns = sql.join(SHOWN.map((column) => sql.ref(`r.${column}`)));
  const { rows } = await sql<GroupRun>`
    select u.task, ${columns} from ${topPerKey(dialect, list, 'runs', inner)}
    order by u.task, r.created_at desc, r.id desc`.execute(db);
  return rows;
}

async function scannedRecent(
  dialect: Dialect,
  db: Db,
  scope: GroupScope,
  tasks: readonly string[] | undefined,
): Promise<GroupRun[]> {
  const columns = sql.join(SHOWN.map((column) => sql.ref(`runs.${column}`)));
  const { rows } = await sql<GroupRun>`
    select task, name, phase, created_at, function_name, environment_name from (
      select ${TASK} as task, ${columns},
        row_number() over (partition by ${TASK} order by runs.created_at desc, runs.id desc) as place
      from ${scopedRuns(dialect, scope, tasks)}
    ) as ranked where place <= ${RECENT_RUNS} order by task, place`.execute(db);
  return rows;
}
