import { sql } from 'kysely';
import { inList } from '../dialects/list-terms.ts';
import type { OutboxTarget } from '../outbox.ts';
import type { Row } from '../schema.ts';
import { listColumns } from './rows.ts';
import type { Unit } from './unit.ts';
import type { Writes } from './writes.ts';

/** What of a unit's changes has an id, so that it can be told to others. */
interface ChangedAction {
  readonly runId: number;
  readonly actionId: number | null;
}

type Entry = Omit<Row<'outbox'>, 'id' | 'created_at'>;

/**
 * Writes what other services are to be told of a unit's changes, in the transaction of these changes: it is told if, and only if, they
 * happened. Ids ascend within a run, because whoever changes a run holds its lock. Returns whether there is anything.
 */
export async function flushOutbox(
  writes: Writes,
  unit: Unit,
  changes: readonly ChangedAction[],
): Promise<boolean> {
  const delegated = unit.delegated.map(({ row }) => ({ run_id: row.id }));
  writes.insert('delegated_runs', delegated, { ignoreConflicts: true });
  const entries: Entry[] = unit.handovers.map(({ action, kind, payload }) => ({
    target: 'ACTIONS' satisfies OutboxTarget,
    run_id: action.row.run_id,
    action_id: action.row.id,
    kind,
    payload,
  }));
  if (unit.telling.runs) entries.push(...(await reports(writes, unit, changes)));
  if (entries.length === 0) return false;
  const ids = await writes.allocateIds(entries.length, { newest: true });
  const rows = entries.map((entry, i) => ({ id: ids[i] ?? 0, ...entry, created_at: unit.now }));
  writes.insert('outbox', rows);
  announceRuns(writes, unit, rows);
  return true;
}

/** A report says how its action stands when it is sent, so it carries nothing; RECORD is for an action that is new. */
async function reports(writes: Writes, unit: Unit, changes: readonly ChangedAction[]): Promise<Entry[]> {
  const runIds = [...new Set(changes.map(({ runId }) => runId))];
  if (runIds.length === 0) return [];
  await writes.send();
  const { dialect, db } = writes;
  const { rows } = await sql<{ run_id: number }>`
    select run_id from delegated_runs where ${inList(dialect, sql`run_id`, runIds, 'int')}`.execute(db);
  const delegated = new Set(rows.map((row) => row.run_id));
  if (delegated.size === 0) return [];
  const fresh = new Set<number>();
  for (const action of unit.touched) if (action.fresh) fresh.add(action.row.id);
  return changes.flatMap(({ runId, actionId }): Entry[] => {
    if (actionId === null || !delegated.has(runId)) return [];
    const kind = fresh.has(actionId) ? 'RECORD' : 'REPORT';
    return [
      {
        target: 'RUNS' satisfies OutboxTarget,
        run_id: runId,
        action_id: actionId,
        kind,
        payload: null,
      },
    ];
  });
}

/** Runs with something to tell are worked on by one process at a time; see `outbox.ts`. */
function announceRuns(writes: Writes, unit: Unit, rows: readonly Row<'outbox'>[]): void {
  const last = new Map(
    rows.map(({ target, run_id, id }) => [`${target} ${run_id}`, { target, run_id, id }] as const),
  );
  const values = [...last.values()].map(({ target, run_id, id }) => ({
    target,
    run_id,
    last_id: id,
    tries: 0,
    not_before: unit.now,
  }));
  writes.step('announce runs', values, (texts) => {
    const columns = listColumns('outbox_runs', ['target', 'run_id', 'last_id', 'tries', 'not_before']);
    return {
      columns,
      text: `${texts.insert('outbox_runs', columns)}
        on conflict (target, run_id) do update set last_id = excluded.last_id`,
    };
  });
}
