import { sql } from 'kysely';
import { DomainError } from '../../runs/errors.ts';
import { ROOT_ACTION } from '../../runs/identity.ts';
import { plusMillis } from '../../runs/instant.ts';
import type { Db } from '../dialects/dialect.ts';
import { runSteps } from '../dialects/steps.ts';
import { columnNames, type Row } from '../schema.ts';
import { listColumns, shape } from './rows.ts';
import type { ActionState } from './states.ts';
import type { QueuedExecution, Unit } from './unit.ts';
import type { Writes } from './writes.ts';

/** Writes what a unit put into the executor's queue, and what it changed there. */
export async function flushExecutions(writes: Writes, unit: Unit): Promise<void> {
  if (unit.enqueued.length > 0) await insertQueued(writes, unit);
  await replaceRows(writes, unit.executions);
  putIntoCache(writes, unit.cached);
}

const CHANGING = columnNames('executions').filter(
  (name): name is Exclude<keyof Row<'executions'>, 'action_id' | 'token'> =>
    name !== 'action_id' && name !== 'token',
);

/**
 * Only who holds an execution may change it: its token stands for that. A row that carries another token by now belongs to another executor,
 * which took it over: then the whole transaction is undone, for what its command did to the action does not count either.
 */
async function replaceRows(writes: Writes, rows: readonly Row<'executions'>[]): Promise<void> {
  if (rows.length === 0) return;
  const replaced = await writes.updateFound('executions', CHANGING, rows, ['action_id', 'token']);
  if (replaced < rows.length) throw new DomainError('aborted', 'another executor has taken the action over');
}

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
  const serialKeys = await serialKeysOf(writes.db, unit.enqueued);
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
      serial_key: serialKeys.get(action) ?? null,
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

/** An action would wait for ever for one above it that waits for its children; so it does not wait for that. */
async function serialKeysOf(db: Db, enqueued: readonly QueuedExecution[]): Promise<Map<ActionState, string>> {
  const queued = new Map(enqueued.map((one) => [one.action, one]));
  const keys = new Map<ActionState, string>();
  for (const { action, parent, limits } of enqueued) {
    if (limits.serialKey === undefined) continue;
    const above: (string | undefined)[] = [];
    let next = parent;
    for (; next?.fresh; next = queued.get(next)?.parent) above.push(queued.get(next)?.limits.serialKey);
    if (next !== undefined) above.push(...(await keysFrom(db, next.row.id)));
    if (!above.includes(limits.serialKey)) keys.set(action, limits.serialKey);
  }
  return keys;
}

/** The keys of an action and of those above it. */
async function keysFrom(db: Db, actionId: number): Promise<string[]> {
  const { rows } = await sql<{ serial_key: string }>`
    with recursive line (parent_id, serial_key) as (
      select parent_id, serial_key from executions where action_id = ${actionId}
      union all
      select e.parent_id, e.serial_key from executions as e join line on e.action_id = line.parent_id
    )
    select serial_key from line where serial_key is not null`.execute(db);
  return rows.map((row) => row.serial_key);
}

/** The root stands at depth 0; what hangs below something that this service does not execute, at depth 1. */
function depthOf(parent: number | undefined, name: string, depths: ReadonlyMap<number, number>): number {
  if (name === ROOT_ACTION) return 0;
  return 1 + ((parent === undefined ? undefined : depths.get(parent)) ?? 0);
}
