import type pg from 'pg';
import type { ChangeBatch, ChangeCursor, WantedChanges } from './dialect.ts';

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
  let seen = parseSnapshot((await pool.query<Found>(SNAPSHOT, [])).rows[0]?.snapshot);
  let openSince = 0;
  let openXmin = seen.xmin;
  return {
    async next(limit, wanted, known): Promise<ChangeBatch> {
      const since = [seen.xmax, arrayOf(seen.inProgress), limit + 1, arrayOf(known)];
      const { rows } = await pool.query<Found>(...look(wanted, since));
      const snapshot = parseSnapshot(rows[0]?.snapshot);
      if (snapshot.xmin !== openXmin || snapshot.inProgress.length === 0) openSince = 0;
      else if (openSince === 0) openSince = performance.now();
      openXmin = snapshot.xmin;
      const found = rows.filter(({ run_id }) => run_id !== null && run_id !== undefined);
      return {
        overflow: found.length > limit,
        changes: found.map((row) => ({
          runId: Number(row.run_id),
          actionId: row.action_id ?? null,
          batch: Number(row.batch),
        })),
        accept: () => {
          seen = snapshot;
        },
      };
    },
    lagSeconds: () => (openSince === 0 ? 0 : (performance.now() - openSince) / 1000),
  };
}

interface Found {
  snapshot: string;
  run_id?: number | null;
  action_id?: number | null;
  batch?: number | null;
}

const SNAPSHOT = 'select pg_current_snapshot()::text as snapshot';

/** What a condition leaves of the rows whose transactions the last snapshot did not see. */
const lookFor = (condition: string) => `
  select pg_current_snapshot()::text as snapshot, c.run_id, c.action_id, c.batch
  from (select 1) as one left join (
    select run_id, action_id, batch from (
      select run_id, action_id, batch from changes where xid >= $1::text::xid8
      union all
      select run_id, action_id, batch from changes where xid = any($2::text::xid8[]) and xid < $1::text::xid8
    ) as fresh
    where ${condition} and batch not in (select unnest($4::text::int8[]))
    limit $3
  ) as c on true`;

const LOOK_FOR_ALL = lookFor('true');
const LOOK_FOR_SOME = lookFor(`case when action_id is null then $5::text::bool
  else run_id in (select unnest($6::text::int8[])) or action_id in (select unnest($7::text::int8[])) end`);

function look(wanted: WantedChanges, since: readonly unknown[]): [string, unknown[]] {
  if (wanted === 'nothing') return [SNAPSHOT, []];
  if (wanted === 'everything') return [LOOK_FOR_ALL, [...since]];
  const { runs, actionsOf, actions } = wanted;
  return [LOOK_FOR_SOME, [...since, String(runs), arrayOf(actionsOf), arrayOf(actions)]];
}

function arrayOf(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}

/** Reads `xmin:xmax:xip,xip,…`. */
function parseSnapshot(text: string | undefined): { xmin: string; xmax: string; inProgress: string[] } {
  const [xmin, xmax, list] = (text ?? '').split(':');
  if (!xmin || !xmax || list === undefined)
    throw new Error(`PostgreSQL answered an unreadable snapshot: ${text}`);
  return { xmin, xmax, inProgress: list === '' ? [] : list.split(',') };
}
