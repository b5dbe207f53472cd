import { sql } from 'kysely';
import { type ActionKey, ROOT_ACTION } from '../../../runs/identity.ts';
import { isTerminal, PHASES, type Phase } from '../../../runs/phase.ts';
import type { Db, Dialect } from '../../dialects/dialect.ts';
import { handOverAbort } from '../../outbox-fill.ts';
import type { Row } from '../../schema.ts';
import { type Flushed, flushUnit } from '../flush.ts';
import type { ExclusiveWork } from '../group-commit.ts';
import { addLoadedAction, loadNewestAttempts, loadUnit } from '../load.ts';
import type { StoredRunKey } from '../command.ts';
import type { KnownAction } from '../states.ts';
import type { Unit } from '../unit.ts';
import { type Abort, applyAbort } from './abort-state.ts';
import { findAction, needAction, type RunKind } from './find.ts';

/** What to abort: the action and everything below it; for a whole run, its root action. */
export interface AbortTree extends Abort {
  readonly key: ActionKey;
  readonly stored: StoredRunKey;
  readonly kind: RunKind;
}

const CHUNK = 500;
const UNFINISHED = PHASES.filter((phase) => !isTerminal(phase));

/**
 * Ends an action and all its unfinished descendants as ABORTED, in one transaction, which holds the run's lock from the beginning: no
 * child can slip in between. A tree of any size is worked on in chunks. Throws not_found if there is no such action.
 */
export function abortTree(dialect: Dialect, abort: AbortTree): ExclusiveWork<void> {
  return async (db, newUnit) => {
    const flushed: Flushed[] = [];
    const first = newUnit();
    await loadUnit(dialect, db, first, [
      { runs: [abort.stored], actions: [needAction(abort.stored, abort.key.name, ['latest'])] },
    ]);
    const top = findAction(first, abort.kind, abort.key, abort.stored);
    const ids = await unfinishedBelow(db, top.row);
    if (ids.length > 0 || !isTerminal(top.row.phase as Phase)) handOverAbort(first, top, abort);
    applyAbort(first, top, abort);
    await flush(dialect, db, first, flushed);

    for (let from = 0; from < ids.length; from += CHUNK) {
      const unit = newUnit();
      await abortChunk(dialect, db, unit, abort, ids.slice(from, from + CHUNK));
      await flush(dialect, db, unit, flushed);
    }
    return { result: undefined, flushed };
  };
}

/** The ids of all unfinished descendants. Everything in a run descends from its root, whatever order it was recorded in. */
async function unfinishedBelow(db: Db, top: KnownAction): Promise<number[]> {
  const phases = sql.join(UNFINISHED.map((phase) => sql.lit(phase)));
  const { rows } =
    top.name === ROOT_ACTION
      ? await sql<{ id: number }>`
          select id from actions where run_id = ${top.run_id} and phase in (${phases}) and name <> ${ROOT_ACTION}
          order by id`.execute(db)
      : await sql<{ id: number }>`
          with recursive below(id, name, phase) as (
            select id, name, phase from actions where run_id = ${top.run_id} and parent_action_name = ${top.name}
            union
            select a.id, a.name, a.phase from below join actions as a
              on a.run_id = ${top.run_id} and a.parent_action_name = below.name
          )
          select id from below where phase in (${phases}) order by id`.execute(db);
  return rows.map((row) => row.id);
}

async function abortChunk(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  abort: AbortTree,
  ids: readonly number[],
): Promise<void> {
  await loadUnit(dialect, db, unit, [{ runs: [abort.stored] }]);
  const [run] = unit.runs.values();
  if (run === undefined) return;
  const list = dialect.rows(
    [{ name: 'id', kind: 'int' }],
    ids.map((id) => [id]),
  );
  const { rows } = await sql<
    Row<'actions'>
  >`select a.* from ${list} join actions as a on a.id = u.id`.execute(db);
  const actions = rows.map((row) => addLoadedAction(unit, run, row));
  await loadNewestAttempts(dialect, db, actions);
  for (const action of actions) applyAbort(unit, action, abort);
}

async function flush(dialect: Dialect, db: Db, unit: Unit, flushed: Flushed[]): Promise<void> {
  const one = await flushUnit(dialect, db, unit);
  if (one !== undefined) flushed.push(one);
}
