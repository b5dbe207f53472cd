import { type RawBuilder, sql } from 'kysely';
import { addMeasures, MEASURES, type Measures, phaseMeasure } from '../../runs/group-measures.ts';
import type { Instant } from '../../runs/instant.ts';
import { PHASES } from '../../runs/phase.ts';
import type { Db, Dialect } from '../dialects/dialect.ts';
import { inList } from '../dialects/list-terms.ts';
import { microsBetween } from '../dialects/micros-between.ts';
import type { Row } from '../schema.ts';
import { type GroupDelta, later } from '../write/flush-groups.ts';
import { type GroupScope, meetsFilters, scopedRuns, type SplitPeriod, TASK } from './group-scope.ts';

/** The counts of the runs of one task. */
export interface GroupCounts {
  readonly measures: Measures;
  /** The newest end of one of them. */
  finished: Instant | null;
}

type Counted = Map<string, GroupCounts>;
type CountRow = { readonly task: string; readonly finished: Instant | null } & Required<Measures>;
type Place = Pick<Row<'run_groups'>, 'org_key' | 'project' | 'domain'>;

/** A delta that has not been folded yet. */
export type PendingDelta = Omit<Row<'run_group_deltas'>, 'org_key' | 'project' | 'domain'>;

/** The deltas of a project that nobody has folded yet; those of some tasks only, if some are given. */
export async function pendingDeltas(
  dialect: Dialect,
  db: Db,
  scope: GroupScope,
  tasks: readonly string[] | undefined,
): Promise<PendingDelta[]> {
  const { org_key, project, domain } = placeOf(scope);
  // A short queue: to read it whole costs less than an index would.
  const { rows } = await sql<PendingDelta>`
    select task_name, minute, principal, run_id, created_at, delta from run_group_deltas as d
    where d.org_key = ${org_key} and d.project = ${project} and d.domain = ${domain}
      ${tasksSql(dialect, sql`d.task_name`, tasks)}`.execute(db);
  return rows;
}

/** The counts of a period: kept sums for its whole minutes, deltas, and the runs themselves at its ends. */
export async function keptCounts(
  dialect: Dialect,
  db: Db,
  scope: GroupScope,
  period: SplitPeriod,
  deltas: readonly PendingDelta[],
  tasks: readonly string[] | undefined,
): Promise<Counted> {
  const counted: Counted = new Map();
  const { from, to } = period.minutes;
  if (period.buckets.length > 0) {
    // A selection per range, each of which can only be read by the primary key: as a join PostgreSQL would rather read all rows there are.
    const columns = sql.join(['task_name', 'finished', ...MEASURES].map((name) => sql`g.${sql.ref(name)}`));
    const branches = period.buckets.map(
      ({ level, from, to }) => sql`select ${columns} from run_groups as g
        where ${placeSql(placeOf(scope))} and g.level = ${level} and g.bucket >= ${from} and g.bucket < ${to}
          ${tasksSql(dialect, sql`g.task_name`, tasks)}`,
    );
    const sums = sql.join(MEASURES.map((m) => sumSql(sql`kept.${sql.ref(m)}`, m)));
    const { rows } = await sql<CountRow>`
      select kept.task_name as task, ${sums}, max(kept.finished) as finished
      from (${sql.join(branches, sql` union all `)}) as kept group by kept.task_name`.execute(db);
    addRows(counted, rows);
  }
  for (const { task_name, minute, delta } of deltas) {
    if (minute < from || minute >= to) continue;
    const { measures, finished } = JSON.parse(delta) as GroupDelta;
    add(counted, task_name, measures, finished);
  }
  for (const edge of period.edges) {
    addAll(counted, await scannedCounts(dialect, db, { ...scope, ...edge, filters: [] }, tasks));
  }
  for (const [task, { measures }] of counted) {
    if (!measures.runs || !meetsFilters(scope, task)) counted.delete(task);
  }
  return counted;
}

/** The same counts from the runs themselves, whatever the filters. */
export async function scannedCounts(
  dialect: Dialect,
  db: Db,
  scope: GroupScope,
  tasks: readonly string[] | undefined,
): Promise<Counted> {
  const failed = sql`runs.phase in ('FAILED', 'TIMED_OUT')`;
  const kind = sql`coalesce(runs.error_kind, '')`;
  const one = (condition: RawBuilder<unknown>) => sql`case when ${condition} then 1 else 0 end`;
  const wait = microsBetween(dialect, sql`runs.created_at`, sql`runs.running_at`);
  const terms: [string, RawBuilder<unknown>][] = [
    ['runs', sql`1`],
    ...PHASES.map((p): [string, RawBuilder<unknown>] => [
      phaseMeasure(p),
      one(sql`runs.phase = ${sql.lit(p)}`),
    ]),
    ['errors_user', one(sql`${failed} and ${kind} = 'USER'`)],
    ['errors_system', one(sql`${failed} and ${kind} = 'SYSTEM'`)],
    ['errors_other', one(sql`${failed} and ${kind} not in ('USER', 'SYSTEM')`)],
    ['durations', one(sql`runs.duration_ms is not null`)],
    ['duration_ms', sql`runs.duration_ms`],
    ['waits', one(sql`runs.running_at is not null`)],
    ['wait_us', wait],
  ];
  const sums = sql.join(terms.map(([name, term]) => sumSql(term, name)));
  const { rows } = await sql<CountRow>`
    select ${TASK} as task, ${sums}, max(runs.end_time) as finished from ${scopedRuns(dialect, scope, tasks)}
    group by 1`.execute(db);
  const counted: Counted = new Map();
  addRows(counted, rows);
  return counted;
}

/** Sums of whole numbers come as such from one database and as text from the other; below 2^53 a double is exact. */
function sumSql(term: RawBuilder<unknown>, name: string): RawBuilder<unknown> {
  return sql`cast(coalesce(sum(${term}), 0) as double precision) as ${sql.ref(name)}`;
}

/** The project that a scope is about, as tables of groups name it. */
export function placeOf({ target: { org_key, project = '', domain = '' } }: GroupScope): Place {
  return { org_key, project, domain };
}

/** Conditions for a table called `g`. */
export function placeSql({ org_key, project, domain }: Place): RawBuilder<unknown> {
  return sql`g.org_key = ${org_key} and g.project = ${project} and g.domain = ${domain}`;
}

/** A further condition that a column is one of some tasks, if some are given. */
export function tasksSql(
  dialect: Dialect,
  column: RawBuilder<unknown>,
  tasks: readonly string[] | undefined,
): RawBuilder<unknown> {
  return tasks === undefined ? sql`` : sql` and ${inList(dialect, column, tasks, 'text')}`;
}

function addRows(counted: Counted, rows: readonly CountRow[]): void {
  for (const { task, finished, ...measures } of rows) add(counted, task, measures, finished);
}

function addAll(counted: Counted, more: Counted): void {
  for (const [task, { measures, finished }] of more) add(counted, task, measures, finished);
}

function add(counted: Counted, task: string, measures: Measures, finished: Instant | null): void {
  const known = counted.get(task) ?? { measures: {}, finished: null };
  counted.set(task, known);
  addMeasures(known.measures, measures);
  known.finished = later(known.finished, finished);
}
