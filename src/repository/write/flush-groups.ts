import { type CountedRun, countRun, type Measures, MEASURES, minuteOf } from '../../runs/group-measures.ts';
import type { Instant } from '../../runs/instant.ts';
import type { Row } from '../schema.ts';
import type { RunState } from './states.ts';
import type { Writes } from './writes.ts';

/** What of a run that was read is counted in its group, as it was read: the row itself changes. */
export function countedOf(row: Row<'runs'>): CountedRun | undefined {
  if (row.kind !== 'RUN') return undefined;
  const { phase, error_kind, created_at, running_at, end_time, duration_ms } = row;
  return { phase, error_kind, created_at, running_at, end_time, duration_ms };
}

/** What a row of `run_group_deltas` says, as JSON. */
export interface GroupDelta {
  readonly measures: Measures;
  /** The newest end of those runs. */
  readonly finished: Instant | null;
}

/**
 * Writes by how much the counts of groups change with these runs: rows that are only ever added, so that no transaction waits for another
 * one's counts. Runs of the same task, minute and person share a row. Returns whether there was anything.
 */
export function flushGroups(writes: Writes, runs: readonly RunState[]): boolean {
  const deltas = new Map<string, Row<'run_group_deltas'> & { sum: Measures; finished: Instant | null }>();
  for (const { row, fresh, dirty, counted } of runs) {
    if (!dirty || row.kind !== 'RUN') continue;
    const after = countedOf(row);
    if (after === undefined || (counted && same(counted, after))) continue;
    const principal = fresh ? (row.created_by_principal ?? '') : null;
    const { org_key, project, domain } = row;
    const task_name = row.task_name ?? '';
    const minute = minuteOf(row.created_at);
    const key = JSON.stringify([org_key, project, domain, task_name, minute, principal]);
    let delta = deltas.get(key);
    if (delta === undefined) {
      const place = { org_key, project, domain, task_name, minute, principal };
      delta = { ...place, run_id: null, created_at: null, delta: '', sum: {}, finished: null };
      deltas.set(key, delta);
    }
    if (counted) countRun(delta.sum, counted, -1);
    countRun(delta.sum, after, 1);
    delta.finished = later(delta.finished, after.end_time);
    if (fresh && isNewer(row, delta)) {
      delta.run_id = row.id;
      delta.created_at = row.created_at;
    }
  }
  const rows = [...deltas.values()].map(({ sum, finished, ...row }) => ({
    ...row,
    delta: JSON.stringify({ measures: withoutZeros(sum), finished } satisfies GroupDelta),
  }));
  writes.insert('run_group_deltas', rows);
  return rows.length > 0;
}

/** The later of two times. */
export function later(a: Instant | null, b: Instant | null): Instant | null {
  return a === null || (b !== null && b > a) ? b : a;
}

function isNewer(
  run: Row<'runs'>,
  { created_at, run_id }: Pick<Row<'run_group_deltas'>, 'created_at' | 'run_id'>,
) {
  if (created_at === null || run_id === null) return true;
  return run.created_at > created_at || (run.created_at === created_at && run.id > run_id);
}

function same(a: CountedRun, b: CountedRun): boolean {
  return (
    a.phase === b.phase &&
    a.error_kind === b.error_kind &&
    a.running_at === b.running_at &&
    a.end_time === b.end_time &&
    a.duration_ms === b.duration_ms
  );
}

function withoutZeros(measures: Measures): Measures {
  const result: Measures = {};
  for (const measure of MEASURES) if (measures[measure]) result[measure] = measures[measure];
  return result;
}
