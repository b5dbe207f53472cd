import { sql } from 'kysely';
import type { Db, Dialect } from '../dialects/dialect.ts';
import type { Row } from '../schema.ts';
import { type Command, runKeyText } from './command.ts';
import { addLoadedAction, loadNewestAttempts } from './load.ts';
import type { ActionState, RunState } from './states.ts';
import type { Unit } from './unit.ts';

/**
 * Loads what is recorded already below actions that a command may make. That is rarely anything and matters only if such an action begins
 * aborted, because then it takes everything below it along; so nothing is read unless something that was loaded is aborted.
 */
export async function loadBelowNewActions(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  commands: readonly Pick<Command<unknown>, 'actions'>[],
): Promise<void> {
  const needed = commands.flatMap(({ actions = [] }) => actions);
  if (!needed.some(({ parent }) => parent !== undefined)) return;
  const suspects = new Set<RunState>();
  for (const { run: key, name } of needed) {
    const run = unit.runs.get(runKeyText(key));
    if (run?.actions.get(name)?.row.phase === 'ABORTED') suspects.add(run);
  }
  if (suspects.size === 0) return;
  const tops = needed.flatMap(({ run: key, name, parent }): [RunState, string][] => {
    const run = unit.runs.get(runKeyText(key));
    if (parent === undefined || run === undefined || !suspects.has(run) || run.actions.has(name)) return [];
    return [[run, name]];
  });
  if (tops.length === 0) return;
  const runs = new Map(tops.map(([run]) => [run.row.id, run]));
  const list = dialect.rows(
    [
      { name: 'run_id', kind: 'int' },
      { name: 'name', kind: 'text' },
    ],
    tops.map(([run, name]) => [run.row.id, name]),
  );
  const { rows } = await sql<Row<'actions'>>`
    with recursive below(id, run_id, name) as (
      select a.id, a.run_id, a.name from ${list}
        join actions as a on a.run_id = u.run_id and a.parent_action_name = u.name
      union
      select a.id, a.run_id, a.name from below
        join actions as a on a.run_id = below.run_id and a.parent_action_name = below.name
    )
    select * from actions where id in (select id from below) order by id`.execute(db);
  const found = rows.flatMap((row): ActionState[] => {
    const run = runs.get(row.run_id);
    return run === undefined ? [] : [run.actions.get(row.name) ?? addLoadedAction(unit, run, row)];
  });
  const missing = found.filter((action) => !action.attempts.has(action.row.attempts));
  await loadNewestAttempts(dialect, db, missing);
}
