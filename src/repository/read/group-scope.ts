import { type RawBuilder, sql } from 'kysely';
import type { ParsedFilter } from '../../runs/filter-parse.ts';
import { matches } from '../../runs/filter-evaluate.ts';
import { type BucketRange, bucketsBetween, minuteOf } from '../../runs/group-measures.ts';
import { type Instant, instantFromMicros, microsOf } from '../../runs/instant.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { inList, tableByIndex } from '../dialects/list-terms.ts';
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

/** The name of a run's task, empty where it has none. */
export const TASK = sql`coalesce(runs.task_name, '')`;

/** So many runs, the newest of the period, are looked at for filters that the kept counts can't answer. */
const MOST_SCANNED = 250_000;

/** A filter that is met by all runs of a task or by none; undefined for others. */
export function taskTest({
  field,
  label,
}: ParsedFilter): ((filter: ParsedFilter, task: string) => boolean) | undefined {
  if (field.column === undefined) return (filter) => matches(filter, field.constant ?? null);
  if (label === undefined && field.column === 'task_name') {
    // Text that is empty counts as missing, as in lists.
    return (filter, task) => matches(filter, task === '' ? null : task);
  }
  return undefined;
}

/** Whether the counts that are kept can answer for the scope. */
export function isCounted({ filters }: GroupScope): boolean {
  return filters.every((filter) => taskTest(filter) !== undefined);
}

/** Whether the filters let a task's runs through; for scopes that are counted. */
export function meetsFilters({ filters }: GroupScope, task: string): boolean {
  return filters.every((filter) => taskTest(filter)?.(filter, task) ?? false);
}

/** A period as whole minutes, in as few buckets as possible, and what is left at its ends. */
export interface SplitPeriod {
  readonly minutes: { readonly from: number; readonly to: number };
  readonly buckets: readonly BucketRange[];
  readonly edges: readonly { readonly start: Instant; readonly end: Instant }[];
}

/** Later than all minutes, and the beginning of a bucket on every level. */
const NEVER = 16 ** 10;
const MICROS_PER_MINUTE = 60_000_000n;

/** Splits a period for the counts that are kept by minutes. */
export function splitPeriod({ start, end }: Pick<GroupScope, 'start' | 'end'>): SplitPeriod {
  const atMinute = (minute: number) => instantFromMicros(BigInt(minute) * MICROS_PER_MINUTE);
  const isWhole = (instant: Instant) => microsOf(instant) % MICROS_PER_MINUTE === 0n;
  const from = minuteOf(start) + (isWhole(start) ? 0 : 1);
  const to = end === undefined ? NEVER : minuteOf(end);
  if (end !== undefined && to < from) {
    return { minutes: { from, to: from }, buckets: [], edges: start < end ? [{ start, end }] : [] };
  }
  const edges = [
    { start, end: atMinute(from) },
    ...(end === undefined ? [] : [{ start: atMinute(to), end }]),
  ].filter((edge) => edge.start < edge.end);
  return { minutes: { from, to }, buckets: bucketsBetween(from, to), edges };
}

/** The runs of a scope as a table to select from, called `runs`; those of some tasks only, if some are given. */
export function scopedRuns(
  dialect: Dialect,
  scope: GroupScope,
  tasks: readonly string[] | undefined,
): RawBuilder<unknown> {
  const parts: RawBuilder<unknown>[] = [
    ...targetSql('runs', scope.target),
    sql`runs.created_at >= ${scope.start}`,
    ...(scope.end === undefined ? [] : [sql`runs.created_at < ${scope.end}`]),
    ...(tasks === undefined ? [] : [inList(dialect, TASK, tasks, 'text')]),
  ];
  const conditions = scope.filters.map((filter) => filterSql(dialect, filter));
  const byTime = tableByIndex(dialect, 'runs', 'runs_project_created');
  const newest = sql`select * from ${byTime} where ${sql.join(parts, sql` and `)}
    order by runs.created_at desc, runs.name desc, runs.id desc limit ${MOST_SCANNED}`;
  const filtered = conditions.length === 0 ? sql`` : sql` where ${sql.join(conditions, sql` and `)}`;
  return sql`(select * from (${newest}) as runs${filtered}) as runs`;
}

/** Conditions that a table's rows are of a target; the kind is spelled out, so that an index of that kind alone serves. */
export function targetSql(
  table: string,
  { kind, org_key, project, domain }: RunTarget,
): RawBuilder<unknown>[] {
  const column = (name: string) => sql.ref(`${table}.${name}`);
  return [
    sql`${column('org_key')} = ${org_key}`,
    sql`${column('kind')} = ${sql.lit(kind)}`,
    ...(project === undefined ? [] : [sql`${column('project')} = ${project}`]),
    ...(domain === undefined ? [] : [sql`${column('domain')} = ${domain}`]),
  ];
}
