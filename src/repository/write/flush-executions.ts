import { ROOT_ACTION } from '../../runs/identity.ts';
import { plusMillis } from '../../runs/instant.ts';
import { runSteps } from '../dialects/steps.ts';
import { columnNames, type Row } from '../schema.ts';
import { listColumns, shape } from './rows.ts';
import type { QueuedExecution, Unit } from './unit.ts';
import type { Writes } from './writes.ts';

/** Writes what a unit put into the executor's queue, and what it changed there. */
export async function flushExecutions(writes: Writes, unit: Unit): Promise<void> {
  if (unit.enqueued.length > 0) await insertQueued(writes, unit);
  writes.update('executions', CHANGING, unit.executions, ['action_id', 'token']);
  putIntoCache(writes, unit.cached);
}

/** Only who holds an execution may change it: its token stands for that. */
const CHANGING = columnNames('executions').filter(
  (name): name is Exclude<keyof Row<'executions'>, 'action_id' | 'token'> =>
    name !== 'action_id' && name !== 'token',
);

/** The newest result stands. */
function putIntoCache(writes: Writes, results: readonly Row<'task_cache'>[]): void {
  const newest = new Map(
    results.map((row) => [`${row.org_key}\n${row.project}\n${row.domain}\n${row.cache_key}`, row]),
  );
  writes.step('put into cache', [...newest.values()], (texts) => {
    const columns = listColumns('task_cache', columnNames('task_cache'));
    return {
      columns,
      text: `${texts.insert('task_cache', columns)}
        on conflict (org_key, project, domain, cache_key) do update set
        output_uri = excluded.output_uri, has_outputs = excluded.has_outputs,
        source = excluded.source, created_at = excluded.created_at`,
    };
  });
}

async function insertQueued(writes: Writes, unit: Unit): Promise<void> {
  const depths = await parentDepths(writes, unit.enqueued);
  const rows = unit.enqueued.map(({ action, parent, limits }): Row<'executions'> => {
    const since = action.row.start_time;
    const depth = depthOf(parent?.row.id, action.row.name, depths);
    depths.set(action.row.id, depth);
    const deadline = limits.deadlineMs ? plusMillis(since, limits.deadlineMs) : null;
    return {
      action_id: action.row.id,
      run_id: action.row.run_id,
      parent_id: parent?.row.id ?? null,
      depth,
      run_concurrency: limits.runConcurrency ?? 0,
      state: 'WAITING',
      attempt: 1,
      user_failures: 0,
      system_failures: 0,
      node: null,
      token: null,
      folder: null,
      output_prefix: null,
      pid: null,
      pid_start: null,
      queued_at: since,
      not_before: since,
      started_at: null,
      expires_at: earlier(limits.maxQueuedMs ? plusMillis(since, limits.maxQueuedMs) : null, deadline),
      max_queued_ms: limits.maxQueuedMs ?? null,
      deadline_at: deadline,
      updated_at: unit.now,
    };
  });
  // An action is made once, so its row can be there already only if this command was tried before.
  writes.insert('executions', rows, { ignoreConflicts: true });
}

/** The earlier of two instants, either of which may be missing. */
export function earlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

async function parentDepths(
  { dialect, db }: Writes,
  enqueued: readonly QueuedExecution[],
): Promise<Map<number, number>> {
  const parents = new Set(enqueued.flatMap(({ parent }) => (parent && !parent.fresh ? [parent.row.id] : [])));
  if (parents.size === 0) return new Map();
  const found = shape(dialect, 'depths of executions', () => {
    const columns = [{ name: 'id', kind: 'int' }] as const;
    return {
      columns,
      text: `select e.action_id, e.depth from ${dialect.texts.list(columns)} join executions as e on e.action_id = u.id`,
    };
  });
  const [rows = []] = await runSteps(db, [
    { ...found, rows: [...parents].map((id) => ({ id })), listed: true },
  ]);
  return new Map((rows as Row<'executions'>[]).map((row) => [row.action_id, row.depth]));
}

/** The root stands at depth 0; what hangs below something that this service does not execute, at depth 1. */
function depthOf(parent: number | undefined, name: string, depths: ReadonlyMap<number, number>): number {
  if (name === ROOT_ACTION) return 0;
  return 1 + ((parent === undefined ? undefined : depths.get(parent)) ?? 0);
}
