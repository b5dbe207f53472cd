import { sql } from 'kysely';
import { type Instant, plusMillis } from '../runs/instant.ts';
import type { Db, Dialect } from './dialects/dialect.ts';
import { columnNames, type Row } from './schema.ts';

/** Who is told: the ActionsService that executes this service's runs, or the runs service whose runs this one executes. */
export type OutboxTarget = 'ACTIONS' | 'RUNS';

/*
 * The outbox is two tables: `outbox` has what is to be told, in order; `outbox_runs` has a row for each run with something in it, which
 * one process at a time leases. So of each run everything is told in order, and runs don't wait for each other.
 */

/** A run with something to tell, leased by this process. */
export type LeasedRun = Row<'outbox_runs'>;

const columns = sql.join(columnNames('outbox_runs').map((name) => sql.id('outbox_runs', name)));

/** Leases runs that are due and that nobody else works on, those that have waited longest first. */
export async function leaseRuns(
  dialect: Dialect,
  target: OutboxTarget,
  lease: { owner: string; now: Instant; leaseMs: number; limit: number },
): Promise<LeasedRun[]> {
  const { owner, now, leaseMs, limit } = lease;
  const free = sql`(lease_until is null or lease_until <= ${now})`;
  // Rows that somebody is writing to are left for the next look: so nobody waits for anybody in a circle.
  const skip = dialect.kind === 'postgres' ? sql`for update skip locked` : sql``;
  const due = sql<{ run_id: number }>`
    select run_id from outbox_runs where target = ${target} and not_before <= ${now} and ${free}
    order by not_before limit ${limit}`;
  const { rows: found } = await due.execute(dialect.reader);
  if (found.length === 0) return [];
  const { rows } = await sql<LeasedRun>`
    update outbox_runs set owner = ${owner}, lease_until = ${plusMillis(now, leaseMs)}
    where target = ${target} and run_id in (${due} ${skip}) returning ${columns}`.execute(dialect.writer);
  return rows;
}

/** Holds a lease for longer; false if it is lost: then somebody else tells what is left. */
export async function renewLease(dialect: Dialect, run: LeasedRun, until: Instant): Promise<boolean> {
  const { rows } = await sql`
    update outbox_runs set lease_until = ${until} where ${leased(run)} returning run_id`.execute(
    dialect.writer,
  );
  return rows.length > 0;
}

/** What is to be told of a run, from the oldest on. */
export function readEntries(db: Db, run: LeasedRun, limit: number): Promise<Row<'outbox'>[]> {
  return db
    .selectFrom('outbox')
    .selectAll()
    .where('target', '=', run.target)
    .where('run_id', '=', run.run_id)
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Everything of a run up to this entry has been told. */
export async function removeEntries(db: Db, run: LeasedRun, upTo: number): Promise<void> {
  await db
    .deleteFrom('outbox')
    .where('target', '=', run.target)
    .where('run_id', '=', run.run_id)
    .where('id', '<=', upTo)
    .execute();
}

/**
 * Ends a lease after everything up to `lastId` was told; false if the run has gained more since, or the lease is lost. Whoever
 * adds to a run writes its row, so nothing can slip in between.
 */
export async function finishRun(dialect: Dialect, run: LeasedRun, lastId: number): Promise<boolean> {
  const { rows } = await sql`
    delete from outbox_runs where ${leased(run)} and last_id <= ${lastId} returning run_id`.execute(
    dialect.writer,
  );
  return rows.length > 0;
}

/** Ends a lease before everything was told: it goes on at `notBefore`, with anybody. */
export async function putOffRun(
  dialect: Dialect,
  run: LeasedRun,
  next: { tries: number; notBefore: Instant; problem: string | null },
): Promise<void> {
  await sql`
    update outbox_runs set owner = null, lease_until = null, tries = ${next.tries},
      not_before = ${next.notBefore}, problem = ${next.problem}
    where ${leased(run)}`.execute(dialect.writer);
}

/** How the outbox stands. */
export interface OutboxStatus {
  /** Entries that wait. */
  readonly waiting: number;
  /** When the oldest of them was made. */
  readonly oldestAt: Instant | null;
  /** When the next run is due, or a lease of it ends. */
  readonly nextAt: Instant | null;
  /** Why the run that was tried most often could not be told. */
  readonly problem: string | null;
}

/** How the outbox for a target stands. */
export async function outboxStatus(db: Db, target: OutboxTarget): Promise<OutboxStatus> {
  const { rows } = await sql<{ waiting: number; oldest_at: Instant | null; next_at: Instant | null }>`
    select (select count(*) from outbox where target = ${target}) as waiting,
      (select min(created_at) from outbox where target = ${target}) as oldest_at,
      min(case when lease_until > not_before then lease_until else not_before end) as next_at
    from outbox_runs where target = ${target}`.execute(db);
  const worst = await db
    .selectFrom('outbox_runs')
    .select('problem')
    .where('target', '=', target)
    .where('problem', 'is not', null)
    .orderBy('tries', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { waiting = 0, oldest_at = null, next_at = null } = rows[0] ?? {};
  return { waiting: Number(waiting), oldestAt: oldest_at, nextAt: next_at, problem: worst?.problem ?? null };
}

function leased({ target, run_id, owner }: LeasedRun) {
  return sql`target = ${target} and run_id = ${run_id} and owner = ${owner}`;
}
