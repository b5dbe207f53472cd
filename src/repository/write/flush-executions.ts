import { sql } from 'kysely';
import { DomainError } from '../../runs/errors.ts';
import { ROOT_ACTION } from '../../runs/identity.ts';
import { plusMillis } from '../../runs/instant.ts';
import type { Db, Dialect } from '../dialects/dialect.ts';
import { columnKind, columnNames, type Row } from '../schema.ts';
import { insertRows } from './rows.ts';
import type { ActionState, QueuedExecution, Unit } from './unit.ts';

/** Writes what a unit put into the executor's queue, and what it changed there. */
export async function flushExecutions(dialect: Dialect, db: Db, unit: Unit): Promise<void> {
  if (unit.enqueued.length > 0) await insertQueued(dialect, db, unit);
  if (unit.executions.length > 0) await replaceRows(dialect, db, unit.executions);
  if (unit.cached.length > 0) await putIntoCache(dialect, db, unit.cached);
}

/** The newest result stands. */
async function putIntoCache(dialect: Dialect, db: Db, results: readonly Row<'task_cache'>[]): Promise<void> {
  const names = columnNames('task_cache');
  const columns = names.map((name) => ({ name, kind: columnKind('task_cache', name) }));
  const list = sql.join(names.map((name) => sql.id(name)));
  const newest = new Map(
    results.map((row) => [`${row.org_key}\n${row.project}\n${row.domain}\n${row.cache_key}`, row]),
  );
  const values = [...newest.values()].map((row) => names.map((name) => row[name as keyof typeof row]));
  await sql`insert into task_cache (${list}) select ${list} from ${dialect.rows(columns, values)} where true
    on conflict (org_key, project, domain, cache_key) do update set
      output_uri = excluded.output_uri, has_outputs = excluded.has_outputs,
      source = excluded.source, created_at = excluded.created_at`.execute(db);
}

async function insertQueued(dialect: Dialect, db: Db, unit: Unit): Promise<void> {
  const depths = await parentDepths(dialect, db, unit.enqueued);
  const serialKeys = await serialKeysOf(db, unit.enqueued);
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
  await insertRows(dialect, db, 'executions', rows, { ignoreConflicts: true });
}

/** The earlier of two instants, either of which may be missing. */
export function earlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

async function parentDepths(
  dialect: Dialect,
  db: Db,
  enqueued: readonly QueuedExecution[],
): Promise<Map<number, number>> {
  const parents = new Set(enqueued.flatMap(({ parent }) => (parent && !parent.fresh ? [parent.row.id] : [])));
  if (parents.size === 0) return new Map();
  const list = dialect.rows(
    [{ name: 'id', kind: 'int' }],
    [...parents].map((id) => [id]),
  );
  const { rows } = await sql<{ action_id: number; depth: number }>`
    select e.action_id, e.depth from ${list} join executions as e on e.action_id = u.id`.execute(db);
  return new Map(rows.map((row) => [row.action_id, row.depth]));
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

/**
 * A row that carries another token by now belongs to another executor, which took it over: then the whole transaction is undone, for what
 * its command did to the action does not count either.
 */
async function replaceRows(dialect: Dialect, db: Db, rows: readonly Row<'executions'>[]): Promise<void> {
  const names = columnNames('executions');
  const columns = names.map((name) => ({ name, kind: columnKind('executions', name) }));
  const set = sql.join(
    names.filter((name) => name !== 'action_id').map((name) => sql`${sql.id(name)} = ${sql.id('u', name)}`),
  );
  const values = rows.map((row) => names.map((name) => row[name as keyof typeof row]));
  const replaced = await sql<{
    action_id: number;
  }>`update executions set ${set} from ${dialect.rows(columns, values)}
    where executions.action_id = u.action_id and executions.token = u.token
    returning executions.action_id`.execute(db);
  const found = new Set(replaced.rows.map((row) => row.action_id));
  if (rows.some((row) => !found.has(row.action_id))) {
    throw new DomainError('aborted', 'another executor has taken the action over');
  }
}
