import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from '../schema.ts';
import type { ChangeCursor, WantedChanges } from './dialect.ts';

interface Found {
  readonly run_id: number;
  readonly action_id: number | null;
  readonly batch: number;
}

/** Follows the change log on SQLite. There is one writer at a time, so the order of ids is the order of commits: a plain cursor misses nothing. */
export async function openSqliteCursor(db: Kysely<Database>): Promise<ChangeCursor> {
  const newest = async () =>
    (await sql<{ id: number | null }>`select max(id) as id from changes`.execute(db)).rows[0]?.id;
  let cursor = (await newest()) ?? 0;
  return {
    async next(limit, wanted, known) {
      // First up to where, then what there is: what comes between the two is left to the next look.
      const head = (await newest()) ?? cursor;
      const { rows } =
        wanted === 'nothing' || head <= cursor
          ? { rows: [] }
          : await sql<Found>`
              select run_id, action_id, batch from changes where id > ${cursor} and id <= ${head}
                and ${isWanted(wanted)} and batch not in ${list(known)} limit ${limit + 1}`.execute(db);
      return {
        overflow: rows.length > limit,
        changes: rows.map((r) => ({ runId: r.run_id, actionId: r.action_id, batch: r.batch })),
        accept: () => {
          cursor = head;
        },
      };
    },
    lagSeconds: () => 0,
  };
}

function isWanted(wanted: Exclude<WantedChanges, 'nothing'>): RawBuilder<unknown> {
  if (wanted === 'everything') return sql`true`;
  const { runs, actionsOf, actions } = wanted;
  return sql`case when action_id is null then ${sql.lit(runs ? 1 : 0)}
    else run_id in ${list(actionsOf)} or action_id in ${list(actions)} end`;
}

function list(ids: readonly number[]): RawBuilder<unknown> {
  return sql`(select value from json_each(${JSON.stringify(ids)}))`;
}
