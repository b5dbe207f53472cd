import { sql } from 'kysely';
import type { Db, Dialect } from '../dialects/dialect.ts';
import { inList } from '../dialects/list-terms.ts';
import type { OutboxTarget } from '../outbox.ts';
import type { Row } from '../schema.ts';
import { insertRows } from './rows.ts';
import type { Unit } from './unit.ts';

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
  dialect: Dialect,
  db: Db,
  unit: Unit,
  changes: readonly ChangedAction[],
): Promise<boolean> {
  const delegated = unit.delegated.map(({ row }) => ({ run_id: row.id }));
  await insertRows(dialect, db, 'delegated_runs', delegated, { ignoreConflicts: true });
  const entries: Entry[] = unit.handovers.map(({ action, kind, payload }) => ({
    target: 'ACTIONS' satisfies OutboxTarget,
    run_id: action.row.run_id,
    action_id: action.row.id,
    kind,
    payload,
  }));
  if (unit.telling.runs) entries.push(...(await reports(dialect, db, unit, changes)));
  if (entries.length === 0) return false;
  const ids = await dialect.allocateIds(db, entries.length);
  const rows = entries.map((entry, i) => ({ id: ids[i] ?? 0, ...entry, created_at: unit.now }));
  await insertRows(dialect, db, 'outbox', rows);
  await announceRuns(dialect, db, unit, rows);
  return true;
}

/** A report says how its action stands when it is sent, so it carries nothing; RECORD is for an action that is new. */
async function reports(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  changes: readonly ChangedAction[],
): Promise<Entry[]> {
  const runIds = [...new Set(changes.map(({ runId }) => runId))];
  if (runIds.length === 0) return [];
  const { rows } = await sql<{ run_id: number }>`
    select run_id from delegated_runs where ${inList(dialect, sql`run_id`, runIds, 'int')}`.execute(db);
  const delegated = new Set(rows.map((row) => row.run_id));
  if (delegated.size === 0) return [];
  const fresh = new Set<number>();
  for (const run of unit.runs.values()) {
    for (const action of run.actions.values()) if (action.fresh) fresh.add(action.row.id);
  }
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
async function announceRuns(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  rows: readonly Row<'outbox'>[],
): Promise<void> {
  const last = new Map(
    rows.map(({ target, run_id, id }) => [`${target} ${run_id}`, { target, run_id, id }] as const),
  );
  const values = [...last.values()].map(({ target, run_id, id }) => [target, run_id, id, 0, unit.now]);
  const columns = [
    { name: 'target', kind: 'text' },
    { name: 'run_id', kind: 'int' },
    { name: 'last_id', kind: 'int' },
    { name: 'tries', kind: 'int' },
    { name: 'not_before', kind: 'time' },
  ] as const;
  const list = sql.join(columns.map(({ name }) => sql.id(name)));
  await sql`insert into outbox_runs (${list}) select ${list} from ${dialect.rows(columns, values)} where true
    on conflict (target, run_id) do update set last_id = excluded.last_id`.execute(db);
}
