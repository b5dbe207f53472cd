import { sql } from 'kysely';
import { phaseRank, type Phase } from '../../runs/phase.ts';
import type { Db, Dialect, ListColumn } from '../dialects/dialect.ts';
import type { Row } from '../schema.ts';
import { type Command, runKeyText, type StoredRunKey } from './command.ts';
import type { ActionState, RunState, TransitionState, Unit } from './unit.ts';

const text = (name: string): ListColumn => ({ name, kind: 'text' });
const int = (name: string): ListColumn => ({ name, kind: 'int' });
const RUN_KEY = [text('org_key'), text('project'), text('domain'), text('name')];

/**
 * Locks and loads what the commands named. Runs come first and in the order of their ids: every writer locks the runs that it changes
 * before anything else and in that order, so within a run all changes happen one after the other, and no two writers can wait
 * for each other in a circle.
 */
export async function loadUnit(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  commands: readonly Pick<Command<unknown>, 'runs' | 'actions' | 'projects'>[],
): Promise<void> {
  const runKeys = new Map<string, StoredRunKey>();
  for (const { runs } of commands) for (const run of runs) runKeys.set(runKeyText(run), run);
  await loadRuns(dialect, db, unit, [...runKeys.values()]);
  await loadProjects(dialect, db, unit, commands);
  const wanted = await loadActions(dialect, db, unit, commands);
  await loadAttempts(dialect, db, wanted);
}

async function loadRuns(dialect: Dialect, db: Db, unit: Unit, keys: readonly StoredRunKey[]): Promise<void> {
  if (keys.length === 0) return;
  const list = dialect.rows(
    RUN_KEY,
    keys.map((key) => [key.org_key, key.project, key.domain, key.name]),
  );
  const { rows } = await sql<Row<'runs'>>`
    select * from runs
    where (org_key, project, domain, name) in (select org_key, project, domain, name from ${list})
    order by id${dialect.lockClause}`.execute(db);
  for (const row of rows) addRun(unit, row);
}

function addRun(unit: Unit, row: Row<'runs'>): RunState {
  const run: RunState = { row, actions: new Map(), fresh: false, dirty: false };
  unit.runs.set(runKeyText(row), run);
  return run;
}

async function loadProjects(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  commands: readonly Pick<Command<unknown>, 'projects'>[],
): Promise<void> {
  const keys = new Map<string, [string, string]>();
  for (const { projects = [] } of commands) {
    for (const { org_key, id } of projects) keys.set(`${org_key}\n${id}`, [org_key, id]);
  }
  if (keys.size === 0) return;
  const list = dialect.rows([text('org_key'), text('id')], [...keys.values()]);
  const { rows } = await sql<{ org_key: string; id: string; state: number }>`
    select org_key, id, state from projects where (org_key, id) in (select org_key, id from ${list})`.execute(
    db,
  );
  for (const row of rows) unit.projectStates.set(`${row.org_key}\n${row.id}`, row.state);
}

interface Wanted {
  readonly action: ActionState;
  readonly attempts: Set<number>;
}

async function loadActions(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  commands: readonly Pick<Command<unknown>, 'actions'>[],
): Promise<Wanted[]> {
  const needed = new Map<string, { run: RunState; name: string; attempts: Set<number | 'latest'> }>();
  for (const { actions = [] } of commands) {
    for (const { run: key, name, attempts } of actions) {
      const run = unit.runs.get(runKeyText(key));
      if (run === undefined) continue;
      const id = `${run.row.id}\n${name}`;
      const entry = needed.get(id) ?? { run, name, attempts: new Set() };
      for (const attempt of attempts) entry.attempts.add(attempt);
      needed.set(id, entry);
    }
  }
  if (needed.size === 0) return [];
  const list = dialect.rows(
    [int('run_id'), text('name')],
    [...needed.values()].map(({ run, name }) => [run.row.id, name]),
  );
  const { rows } = await sql<Row<'actions'>>`
    select a.* from ${list} join actions as a on a.run_id = u.run_id and a.name = u.name`.execute(db);
  return rows.flatMap((row) => {
    const entry = needed.get(`${row.run_id}\n${row.name}`);
    if (entry === undefined) return [];
    const action = addLoadedAction(entry.run, row);
    const attempts = new Set([...entry.attempts].map((n) => (n === 'latest' ? row.attempts : n)));
    // What an action shows (its error, its cache status) comes from its newest attempt.
    if (attempts.size > 0) attempts.add(row.attempts);
    return [{ action, attempts }];
  });
}

/** Puts an action that was read from the database into its run. */
export function addLoadedAction(run: RunState, row: Row<'actions'>): ActionState {
  const action: ActionState = { run, row, attempts: new Map(), fresh: false, dirty: false };
  run.actions.set(row.name, action);
  return action;
}

/** Loads attempts of actions, with their histories. */
export async function loadAttempts(dialect: Dialect, db: Db, wanted: readonly Wanted[]): Promise<void> {
  const pairs = wanted.flatMap(({ action, attempts }) => [...attempts].map((n) => [action.row.id, n]));
  if (pairs.length === 0) return;
  const byId = new Map(wanted.map(({ action }) => [action.row.id, action]));
  const list = dialect.rows([int('action_id'), int('attempt_number')], pairs);
  const found = await sql<Row<'action_attempts'>>`
    select t.* from ${list} join action_attempts as t
      on t.action_id = u.action_id and t.attempt_number = u.attempt_number`.execute(db);
  const transitions = new Map<number, TransitionState[]>();
  for (const row of found.rows) {
    const history: TransitionState[] = [];
    transitions.set(row.id, history);
    byId.get(row.action_id)?.attempts.set(row.attempt_number, {
      attempt: row,
      transitions: history,
      newEvents: [],
      fresh: false,
      dirty: false,
    });
  }
  if (transitions.size === 0) return;
  const ids = dialect.rows(
    [int('attempt_id')],
    [...transitions.keys()].map((id) => [id]),
  );
  const histories = await sql<Row<'phase_transitions'>>`
    select p.* from ${ids} join phase_transitions as p on p.attempt_id = u.attempt_id`.execute(db);
  for (const row of histories.rows)
    transitions.get(row.attempt_id)?.push({ ...row, fresh: false, dirty: false });
  for (const history of transitions.values()) {
    history.sort((a, b) => phaseRank(a.phase as Phase) - phaseRank(b.phase as Phase));
  }
}
