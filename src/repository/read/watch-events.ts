import { sql } from 'kysely';
import { isTerminal, type Phase } from '../../runs/phase.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { readSnapshot } from './snapshot.ts';

/** How far an attempt has come, and which cluster events it has. */
export interface AttemptEvents {
  /** `missing`: it may still begin; `never`: it can't any more. */
  readonly state: 'missing' | 'never' | 'open' | 'ended';
  /** Ids of its events in the order in which they occurred. Ids say nothing about that order, nor about the one of commits. */
  readonly ids: readonly number[];
}

/**
 * The state of one attempt, all of one moment. An attempt has ended when it is in a terminal phase, when its action is, or when the next
 * attempt has begun. Undefined if there is no such action.
 */
export function readAttemptEvents(
  dialect: Dialect,
  actionId: number,
  attempt: number,
): Promise<AttemptEvents | undefined> {
  return readSnapshot(dialect, async (db) => {
    const action = await db
      .selectFrom('actions')
      .leftJoin('action_attempts', (join) =>
        join
          .onRef('action_attempts.action_id', '=', 'actions.id')
          .on('action_attempts.attempt_number', '=', attempt),
      )
      .select([
        'actions.phase',
        'actions.attempts',
        'action_attempts.id as attemptId',
        'action_attempts.phase as attemptPhase',
      ])
      .where('actions.id', '=', actionId)
      .executeTakeFirst();
    if (action === undefined) return undefined;
    const over = isTerminal(action.phase as Phase) || action.attempts > attempt;
    if (action.attemptId === null) return { state: over ? 'never' : 'missing', ids: [] };
    const ended = over || isTerminal(action.attemptPhase as Phase);
    const events = await db
      .selectFrom('cluster_events')
      .select('id')
      .where('attempt_id', '=', action.attemptId)
      .orderBy('occurred_at')
      .orderBy('id')
      .execute();
    return { state: ended ? 'ended' : 'open', ids: events.map(({ id }) => id) };
  });
}

/** The wire bytes of `ClusterEvent` by id. Events never change. */
export async function readEventBytes(
  dialect: Dialect,
  ids: readonly number[],
): Promise<Map<number, Uint8Array>> {
  const list = dialect.rows(
    [{ name: 'id', kind: 'int' }],
    ids.map((id) => [id]),
  );
  const { rows } = await sql<{ id: number; event: Uint8Array }>`
    select e.id, e.event from ${list} join cluster_events as e on e.id = u.id`.execute(dialect.reader);
  return new Map(rows.map(({ id, event }) => [id, event]));
}
