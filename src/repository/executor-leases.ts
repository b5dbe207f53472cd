import { sql } from 'kysely';
import type { Instant } from '../runs/instant.ts';
import type { Db, Dialect } from './dialects/dialect.ts';
import { executionColumns, isHeld } from './executions.ts';
import type { Row } from './schema.ts';

/** A process that works on the queue under a name, and for how many milliseconds after its last word nobody may take its place. */
export interface LeaseHolder {
  readonly node: string;
  /** Names the process; another one under the same name has another. */
  readonly holder: string;
  readonly leaseMs: number;
}

/** An executor as the others see it. */
export interface SeenExecutor {
  readonly node: string;
  /** Grows with each sign of life. */
  readonly beat: number;
  readonly lease_ms: number;
  readonly renewed_at: Instant;
  /** Whether there is anything to take over: it has executions in its hands. */
  readonly holds: boolean;
}

/**
 * Enters a process as the holder of its node, whoever held it before: the caller knows that its predecessor is gone. Rows that carry an
 * earlier name of the node, from before there were leases, are its own from now on.
 */
export async function acquireLease(
  dialect: Dialect,
  { node, holder, leaseMs }: LeaseHolder,
  earlierName: string,
  now: Instant,
): Promise<void> {
  await dialect.writer.transaction().execute(async (db) => {
    await sql`insert into executors (node, holder, beat, lease_ms, renewed_at)
      values (${node}, ${holder}, 1, ${leaseMs}, ${now})
      on conflict (node) do update set holder = excluded.holder, beat = executors.beat + 1,
        lease_ms = excluded.lease_ms, renewed_at = excluded.renewed_at`.execute(db);
    await sql`update executions set node = ${node} where node = ${earlierName} and ${isHeld}`.execute(db);
  });
}

/** Gives a sign of life; false if the lease is lost: somebody has taken over what the node held. */
export async function renewExecutorLease(
  db: Db,
  { node, holder }: LeaseHolder,
  now: Instant,
): Promise<boolean> {
  const { rows } = await sql`update executors set beat = beat + 1, renewed_at = ${now}
    where node = ${node} and holder = ${holder} returning node`.execute(db);
  return rows.length > 0;
}

/** Every executor but one. */
export async function listOtherExecutors(db: Db, node: string): Promise<SeenExecutor[]> {
  const { rows } = await sql<Omit<SeenExecutor, 'holds'> & { holds: number | boolean }>`
    select node, beat, lease_ms, renewed_at, exists (
      select 1 from executions where executions.node = executors.node and ${isHeld}) as holds
    from executors where node <> ${node} order by node`.execute(db);
  return rows.map((row) => ({ ...row, holds: Boolean(row.holds) }));
}

/**
 * Takes what an executor held, if it has given no sign of life since `beat`, and answers the rows; from now on it has lost its lease. Each
 * row gets another token, so that nothing which the other one still has to say about it counts.
 */
export async function takeOver(
  dialect: Dialect,
  from: Pick<SeenExecutor, 'node' | 'beat'>,
  by: string,
  makeToken: () => string,
): Promise<Row<'executions'>[]> {
  return dialect.writer.transaction().execute(async (db) => {
    const { rows: silent } = await sql`update executors set holder = null, beat = beat + 1
      where node = ${from.node} and beat = ${from.beat} returning node`.execute(db);
    if (silent.length === 0) return [];
    const { rows: taken } = await sql<{ action_id: number }>`
      select action_id from executions where node = ${from.node} and ${isHeld} order by action_id`.execute(
      db,
    );
    if (taken.length === 0) return [];
    const list = dialect.rows(
      [
        { name: 'action_id', kind: 'int' },
        { name: 'token', kind: 'text' },
      ],
      taken.map(({ action_id }) => [action_id, makeToken()]),
    );
    const { rows } = await sql<Row<'executions'>>`
      update executions set node = ${by}, token = u.token, pid = null, pid_start = null,
        state = case when state = 'EXPIRED' then state else 'LOST' end
      from ${list} where executions.action_id = u.action_id and executions.node = ${from.node} and ${isHeld}
      returning ${executionColumns}`.execute(db);
    return rows;
  });
}

/** Forgets an executor that has given no sign of life since `beat` and holds nothing. */
export async function forgetExecutor(
  db: Db,
  { node, beat }: Pick<SeenExecutor, 'node' | 'beat'>,
): Promise<void> {
  await sql`delete from executors where node = ${node} and beat = ${beat}
    and not exists (select 1 from executions where executions.node = ${node} and ${isHeld})`.execute(db);
}
