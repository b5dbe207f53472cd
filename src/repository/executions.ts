import { sql } from 'kysely';
import type { Instant } from '../runs/instant.ts';
import { isTerminal, PHASES } from '../runs/phase.ts';
import type { Db, Dialect } from './dialects/dialect.ts';
import { columnNames, type Row } from './schema.ts';

/**
 * Where an execution stands: in the queue (WAITING), or in the hands of an executor: taken (STARTING), with a process that is known
 * (RUNNING), taken over from an executor that lost its lease (LOST) or taken because it has waited too long (EXPIRED), both of them only to
 * be ended; or over (DONE).
 */
export type ExecutionState = 'WAITING' | 'STARTING' | 'RUNNING' | 'LOST' | 'EXPIRED' | 'DONE';

/*
 * Queries say `state <> 'DONE'` beside the state that they look for: SQLite uses an index over a part of a table only if the query
 * repeats the condition of that part.
 */

/** What choosing the next one to start needs to know of a waiting execution. */
export type WaitingExecution = Pick<
  Row<'executions'>,
  'action_id' | 'run_id' | 'parent_id' | 'depth' | 'run_concurrency' | 'serial_key' | 'queued_at'
>;

/** The columns of an execution, as a statement that changes some may return them. */
export const executionColumns = sql.join(columnNames('executions').map((name) => sql.id('executions', name)));

/** Whether an execution is in the hands of an executor. */
export const isHeld = sql<boolean>`state <> 'DONE' and state in ('STARTING', 'RUNNING', 'LOST', 'EXPIRED')`;

const ended = sql.join(PHASES.filter(isTerminal).map((phase) => sql.lit(phase)));

/** What an execution has to wait for: of those with its key the one that is held, or the first one in the queue. */
const ahead = sql`select 1 from executions as other
  where other.serial_key = executions.serial_key and other.serial_key is not null and other.state <> 'DONE'
    and other.action_id <> executions.action_id
    and (other.state <> 'WAITING' or other.action_id < executions.action_id)`;

/**
 * Executions that may start now, of each run the deepest and then the oldest first and at most `perRun` of them, so that no run hides
 * the others, however many actions it has.
 */
export async function listWaiting(
  db: Db,
  now: Instant,
  bounds: { perRun: number; total: number },
): Promise<WaitingExecution[]> {
  const { rows } = await sql<WaitingExecution>`
    select action_id, run_id, parent_id, depth, run_concurrency, serial_key, queued_at from (
      select action_id, run_id, parent_id, depth, run_concurrency, serial_key, queued_at,
        row_number() over (partition by run_id order by depth desc, queued_at, action_id) as turn
      from executions where state = 'WAITING' and state <> 'DONE' and not_before <= ${now} and not exists (${ahead})
    ) as waiting
    where turn <= ${bounds.perRun} order by turn, queued_at, action_id limit ${bounds.total}`.execute(db);
  return rows;
}

/**
 * Takes waiting executions for a node, each under a token of its own. Left out are those that another executor took first, and those that
 * have to wait for one that another executor took.
 */
export async function claimExecutions(
  dialect: Dialect,
  claims: readonly { actionId: number; token: string }[],
  node: string,
  now: Instant,
  state: 'STARTING' | 'EXPIRED' = 'STARTING',
): Promise<Row<'executions'>[]> {
  try {
    return await claimWithin(dialect, dialect.writer, claims, node, now, state);
  } catch (error) {
    if (!dialect.isUniqueViolation(error)) throw error;
    if (claims.length < 2) return [];
    const rows: Row<'executions'>[] = [];
    for (const claim of claims) rows.push(...(await claimExecutions(dialect, [claim], node, now, state)));
    return rows;
  }
}

/** The same inside a transaction. Throws a unique violation if one of them has to wait for one that another executor took. */
export async function claimWithin(
  dialect: Dialect,
  db: Db,
  claims: readonly { actionId: number; token: string }[],
  node: string,
  now: Instant,
  state: 'STARTING' | 'EXPIRED' = 'STARTING',
): Promise<Row<'executions'>[]> {
  if (claims.length === 0) return [];
  const list = dialect.rows(
    [
      { name: 'action_id', kind: 'int' },
      { name: 'token', kind: 'text' },
    ],
    claims.map(({ actionId, token }) => [actionId, token]),
  );
  const { rows } = await sql<Row<'executions'>>`
    update executions set state = ${state}, node = ${node}, token = u.token, folder = null, output_prefix = null,
      pid = null, pid_start = null, started_at = null, updated_at = ${now}
    from ${list} where executions.action_id = u.action_id and executions.state = 'WAITING'
    returning ${executionColumns}`.execute(db);
  return rows;
}

/** What other nodes have of some runs, which stay locked until the transaction ends. */
export async function listHeldElsewhere(
  dialect: Dialect,
  db: Db,
  runIds: readonly number[],
  node: string,
): Promise<Pick<Row<'executions'>, 'action_id' | 'run_id'>[]> {
  const runs = dialect.rows(
    [{ name: 'id', kind: 'int' }],
    runIds.map((id) => [id]),
  );
  const ids = sql`(select u.id from ${runs})`;
  await sql`select id from runs where id in ${ids} order by id${dialect.lockClause}`.execute(db);
  const { rows } = await sql<Pick<Row<'executions'>, 'action_id' | 'run_id'>>`
    select action_id, run_id from executions where run_id in ${ids} and node <> ${node} and ${isHeld}`.execute(
    db,
  );
  return rows;
}

/** Gives an execution that is held and never ran another token, under which it may be started. */
export async function renewToken(
  db: Db,
  row: Row<'executions'>,
  token: string,
): Promise<Row<'executions'> | undefined> {
  const { rows } = await sql<Row<'executions'>>`
    update executions set state = 'STARTING', token = ${token}, folder = null, output_prefix = null, pid = null,
      pid_start = null, started_at = null
    where action_id = ${row.action_id} and token = ${row.token} and state <> 'DONE' returning *`.execute(db);
  return rows[0];
}

/** What a node took and what is not over. */
export function listHeld(db: Db, node: string): Promise<Row<'executions'>[]> {
  return db
    .selectFrom('executions')
    .selectAll()
    .where(isHeld)
    .where('node', '=', node)
    .orderBy('action_id')
    .execute();
}

/** Which of the held executions belong to actions that have ended, by abort or otherwise. */
export async function listEnded(dialect: Dialect, actionIds: readonly number[]): Promise<number[]> {
  if (actionIds.length === 0) return [];
  const list = dialect.rows(
    [{ name: 'id', kind: 'int' }],
    actionIds.map((id) => [id]),
  );
  const { rows } = await sql<{ id: number }>`
    select a.id from ${list} join actions as a on a.id = u.id where a.phase in (${ended})`.execute(
    dialect.reader,
  );
  return rows.map((row) => row.id);
}

/** Takes those out of the queue whose actions have ended while they waited. */
export async function dropEnded(dialect: Dialect): Promise<void> {
  const waiting = sql`
    select a.id from executions as e join actions as a on a.id = e.action_id
    where e.state = 'WAITING' and e.state <> 'DONE' and a.phase in (${ended})`;
  const { rows } = await sql`${waiting} limit 1`.execute(dialect.reader);
  if (rows.length === 0) return;
  await sql`
    update executions set state = 'DONE', expires_at = null
    where state = 'WAITING' and action_id in (${waiting})`.execute(dialect.writer);
}

/** Waiting executions whose time is up. */
export async function listExpired(db: Db, now: Instant, limit: number): Promise<number[]> {
  const { rows } = await sql<{ action_id: number }>`
    select action_id from executions where state = 'WAITING' and state <> 'DONE' and expires_at <= ${now}
    order by expires_at limit ${limit}`.execute(db);
  return rows.map((row) => row.action_id);
}

/** Of the given actions, those that have children which have not ended, of whatever kind: they wait for them. */
export async function listParents(
  dialect: Dialect,
  actionIds: readonly number[],
  db: Db = dialect.reader,
): Promise<Set<number>> {
  if (actionIds.length === 0) return new Set();
  const list = dialect.rows(
    [{ name: 'id', kind: 'int' }],
    actionIds.map((id) => [id]),
  );
  const { rows } = await sql<{ id: number }>`
    select p.id from ${list} join actions as p on p.id = u.id
    where exists (select 1 from actions as c
      where c.run_id = p.run_id and c.parent_action_name = p.name and c.end_time is null)`.execute(db);
  return new Set(rows.map((row) => row.id));
}

/** The keys of those that wait below the given actions: one of each has to run before they can. */
export async function listAwaited(dialect: Dialect, actionIds: readonly number[]): Promise<Set<string>> {
  const list = dialect.rows(
    [{ name: 'id', kind: 'int' }],
    actionIds.map((id) => [id]),
  );
  const { rows } = await sql<{ serial_key: string }>`
    select distinct e.serial_key from ${list} join executions as e on e.parent_id = u.id
    where e.state = 'WAITING' and e.state <> 'DONE' and e.serial_key is not null`.execute(dialect.reader);
  return new Set(rows.map((row) => row.serial_key));
}

/** Actions that have ended although executions below them have not. */
export async function listOrphaning(db: Db, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select distinct p.id from executions as e join actions as p on p.id = e.parent_id
    where e.state <> 'DONE' and p.phase in (${ended}) limit ${limit}`.execute(db);
  return rows.map((row) => row.id);
}

/** How the queue stands. */
export interface QueueStatus {
  /** How many executions are in it. */
  readonly waiting: number;
  /** When the next of them may start or times out, if that is later than now. */
  readonly nextAt: Instant | null;
  /** Since when the oldest of them waits that may start. */
  readonly oldestAt: Instant | null;
}

/** How the queue stands now. */
export async function queueStatus(db: Db, now: Instant): Promise<QueueStatus> {
  const { rows } = await sql<{
    waiting: number;
    start_at: Instant | null;
    expiry: Instant | null;
    oldest_at: Instant | null;
  }>`
    select count(*) as waiting, min(case when not_before > ${now} then not_before end) as start_at,
      min(expires_at) as expiry, min(case when not_before <= ${now} then not_before end) as oldest_at
    from executions where state = 'WAITING' and state <> 'DONE'`.execute(db);
  const { waiting = 0, start_at = null, expiry = null, oldest_at: oldestAt = null } = rows[0] ?? {};
  const nextAt = start_at === null || (expiry !== null && expiry < start_at) ? expiry : start_at;
  return { waiting: Number(waiting), nextAt, oldestAt };
}
