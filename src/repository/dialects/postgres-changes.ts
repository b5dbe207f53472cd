import type pg from 'pg';
import type { ChangeBatch, ChangeCursor } from './dialect.ts';

/**
 * Follows the change log on PostgreSQL, where ids are handed out before transactions commit, so that "id greater than the last
 * one" would step over the rows of slower transactions.
 *
 * The cursor is a snapshot. A transaction is visible in a snapshot exactly if it has committed and its id is below the snapshot's
 * xmax and not in its list of transactions in progress. So between two looks with the snapshots S and S′, precisely the rows
 * become visible whose transaction was in progress in S or began at or after xmax(S), and which S′ sees. Each look asks for those:
 * a row can't be missed however late its transaction commits, none is given twice, and a transaction that stays open, in
 * this database or in another one of the cluster, only stays in the list and holds up nobody else.
 *
 * `pg_current_snapshot()` in a single statement of a READ COMMITTED transaction is the snapshot that the statement itself reads with.
 */
export async function openPostgresCursor(pool: pg.Pool): Promise<ChangeCursor> {
  let seen = parseSnapshot(
    (await pool.query<{ s: string }>('select pg_current_snapshot()::text as s', [])).rows[0]?.s,
  );
  let openSince = 0;
  let openXmin = seen.xmin;
  return {
    async next(limit): Promise<ChangeBatch> {
      const { rows } = await pool.query<Found>(LOOK, [
        seen.xmax,
        `{${seen.inProgress.join(',')}}`,
        limit + 1,
      ]);
      const snapshot = parseSnapshot(rows[0]?.snapshot);
      if (snapshot.xmin !== openXmin || snapshot.inProgress.length === 0) openSince = 0;
      else if (openSince === 0) openSince = performance.now();
      openXmin = snapshot.xmin;
      seen = snapshot;
      const found = rows.filter((row) => row.run_id !== null);
      return {
        overflow: found.length > limit,
        changes: found.map((row) => ({
          runId: Number(row.run_id),
          actionId: row.action_id,
          batch: Number(row.batch),
        })),
      };
    },
    lagSeconds: () => (openSince === 0 ? 0 : (performance.now() - openSince) / 1000),
  };
}

interface Found {
  snapshot: string;
  run_id: number | null;
  action_id: number | null;
  batch: number | null;
}

const LOOK = `
  select pg_current_snapshot()::text as snapshot, c.run_id, c.action_id, c.batch
  from (select 1) as one left join (
    select run_id, action_id, batch from changes where xid >= $1::text::xid8
    union all
    select run_id, action_id, batch from changes where xid = any($2::text::xid8[]) and xid < $1::text::xid8
    limit $3
  ) as c on true`;

/** Reads `xmin:xmax:xip,xip,…`. */
function parseSnapshot(text: string | undefined): { xmin: string; xmax: string; inProgress: string[] } {
  const [xmin, xmax, list] = (text ?? '').split(':');
  if (!xmin || !xmax || list === undefined)
    throw new Error(`PostgreSQL answered an unreadable snapshot: ${text}`);
  return { xmin, xmax, inProgress: list === '' ? [] : list.split(',') };
}
