import { phaseRank, type Phase } from '../../runs/phase.ts';
import type { Db, Dialect, ListColumn } from '../dialects/dialect.ts';
import { runSteps, type Step } from '../dialects/steps.ts';
import type { Row } from '../schema.ts';
import { countedOf } from './flush-groups.ts';
import { type Command, runKeyText, type StoredRunKey } from './command.ts';
import { shape } from './rows.ts';
import {
  type ActionState,
  type AttemptState,
  KNOWN_COLUMNS,
  type KnownAction,
  type RunState,
  type TransitionState,
  type Unit,
} from './unit.ts';

const text = (name: string): ListColumn => ({ name, kind: 'text' });
const int = (name: string): ListColumn => ({ name, kind: 'int' });
const RUN_KEY = [text('org_key'), text('project'), text('domain'), text('name')];
const PROJECT_KEY = [text('org_key'), text('id')];
const ACTION_KEY = [int('run_id'), text('name')];
const ATTEMPT_KEY = [...ACTION_KEY, int('attempt')];

type Needs = readonly Pick<Command<unknown>, 'runs' | 'actions' | 'projects'>[];

/**
 * Locks and loads what the commands named. Runs come first and in the order of their ids: every writer locks the runs that it changes
 * before anything else and in that order, so within a run all changes happen one after the other, and no two writers can wait
 * for each other in a circle.
 */
export async function loadUnit(dialect: Dialect, db: Db, unit: Unit, commands: Needs): Promise<void> {
  const runKeys = new Map<string, StoredRunKey>();
  const projects = new Map<string, { org_key: string; id: string }>();
  for (const command of commands) {
    for (const run of command.runs) runKeys.set(runKeyText(run), run);
    for (const project of command.projects ?? []) projects.set(`${project.org_key}\n${project.id}`, project);
  }
  const steps: Step[] = [];
  if (runKeys.size > 0) steps.push(runsStep(dialect, [...runKeys.values()]));
  if (projects.size > 0) steps.push(projectsStep(dialect, [...projects.values()]));
  if (steps.length === 0) return;
  const answers = await runSteps(db, steps, { reading: true });
  for (const row of (runKeys.size > 0 ? answers.shift() : []) as Row<'runs'>[]) addRun(unit, row);
  for (const row of (answers[0] ?? []) as Row<'projects'>[]) {
    unit.projectStates.set(`${row.org_key}\n${row.id}`, row.state);
  }
  if (unit.runs.size > 0) await loadActions(dialect, db, unit, commands);
}

function runsStep(dialect: Dialect, rows: readonly StoredRunKey[]): Step {
  const { texts } = dialect;
  const found = shape(dialect, 'load runs', () => ({
    columns: RUN_KEY,
    text: `select r.* from ${texts.list(RUN_KEY)} join runs as r
      on r.org_key = u.org_key and r.project = u.project and r.domain = u.domain and r.name = u.name
      order by r.id${texts.lock('r')}`,
  }));
  return { ...found, rows, listed: true };
}

function projectsStep(dialect: Dialect, rows: readonly { org_key: string; id: string }[]): Step {
  const found = shape(dialect, 'load projects', () => ({
    columns: PROJECT_KEY,
    text: `select p.org_key, p.id, p.state from ${dialect.texts.list(PROJECT_KEY)}
      join projects as p on p.org_key = u.org_key and p.id = u.id`,
  }));
  return { ...found, rows, listed: true };
}

function addRun(unit: Unit, row: Row<'runs'>): RunState {
  const run: RunState = { row, counted: countedOf(row), actions: new Map(), fresh: false, dirty: false };
  unit.runs.set(runKeyText(row), run);
  return run;
}

interface Needed {
  readonly run: RunState;
  readonly name: string;
  readonly attempts: Set<number | 'latest'>;
}

/** The runs are locked and known: the rest comes in one round. */
async function loadActions(dialect: Dialect, db: Db, unit: Unit, commands: Needs): Promise<void> {
  const needed = new Map<RunState, Map<string, Needed>>();
  for (const { actions = [] } of commands) {
    for (const { run: key, name, attempts } of actions) {
      const run = unit.runs.get(runKeyText(key));
      if (run === undefined) continue;
      const ofRun = needed.get(run) ?? new Map<string, Needed>();
      needed.set(run, ofRun);
      const entry = ofRun.get(name) ?? { run, name, attempts: new Set() };
      ofRun.set(name, entry);
      for (const attempt of attempts) entry.attempts.add(attempt);
    }
  }
  const entries = [...needed.values()].flatMap((ofRun) => [...ofRun.values()]);
  if (entries.length === 0) return;
  const runs = new Map([...needed.keys()].map((run) => [run.row.id, run]));
  const keys = entries.map(({ run, name }) => ({ run_id: run.row.id, name }));
  const wanted = entries.flatMap(({ run, name, attempts }) => attemptKeys(run.row.id, name, attempts));
  const [found = [], ...more] = await runSteps(db, [
    actionsStep(dialect, keys),
    ...attemptSteps(dialect, wanted),
  ]);
  const byId = new Map<number, ActionState>();
  for (const row of found as KnownAction[]) {
    const run = runs.get(row.run_id);
    if (run !== undefined) byId.set(row.id, addLoadedAction(run, row));
  }
  addAttempts(byId, more);
}

/** Puts an action that was read from the database into its run. */
export function addLoadedAction(run: RunState, row: KnownAction): ActionState {
  const action: ActionState = { run, row, attempts: new Map(), fresh: false, dirty: false };
  run.actions.set(row.name, action);
  return action;
}

/** Loads the newest attempt of each action that was loaded, with its history. */
export async function loadNewestAttempts(
  dialect: Dialect,
  db: Db,
  actions: readonly ActionState[],
): Promise<void> {
  const wanted = actions.map(({ row }) => ({ run_id: row.run_id, name: row.name, attempt: null }));
  if (wanted.length === 0) return;
  const byId = new Map(actions.map((action) => [action.row.id, action]));
  addAttempts(byId, await runSteps(db, attemptSteps(dialect, wanted)));
}

function actionsStep(dialect: Dialect, rows: readonly { run_id: number; name: string }[]): Step {
  const found = shape(dialect, 'load actions', () => ({
    columns: ACTION_KEY,
    text: `select ${KNOWN_COLUMNS.map((name) => `a.${name}`).join(', ')} from ${dialect.texts.list(ACTION_KEY)}
      join actions as a on a.run_id = u.run_id and a.name = u.name`,
  }));
  return { ...found, rows, listed: true };
}

interface AttemptKey {
  readonly run_id: number;
  readonly name: string;
  /** The newest one comes along with every other, because what an action shows (its error, its cache status) is the newest one's. */
  readonly attempt: number | null;
}

function attemptKeys(runId: number, name: string, attempts: ReadonlySet<number | 'latest'>): AttemptKey[] {
  return [...attempts].map((one) => ({ run_id: runId, name, attempt: one === 'latest' ? null : one }));
}

/** Attempts, then their histories; those that several keys ask for come several times. */
function attemptSteps(dialect: Dialect, rows: readonly AttemptKey[]): Step[] {
  if (rows.length === 0) return [];
  const { texts } = dialect;
  const from = () => `from ${texts.list(ATTEMPT_KEY)}
    join actions as a on a.run_id = u.run_id and a.name = u.name
    join action_attempts as t on t.action_id = a.id
      and ${texts.isOneOf('t.attempt_number', ['u.attempt', 'a.attempts'])}`;
  const attempts = shape(dialect, 'load attempts', () => ({
    columns: ATTEMPT_KEY,
    text: `select t.* ${from()}`,
  }));
  const transitions = shape(dialect, 'load transitions', () => ({
    columns: ATTEMPT_KEY,
    text: `select p.* ${from()} join phase_transitions as p on p.attempt_id = t.id`,
  }));
  return [
    { ...attempts, rows, listed: true },
    { ...transitions, rows, listed: true },
  ];
}

function addAttempts(actions: ReadonlyMap<number, ActionState>, answers: readonly unknown[][]): void {
  const [attempts = [], transitions = []] = answers;
  const histories = new Map<number, TransitionState[]>();
  for (const attempt of attempts as Row<'action_attempts'>[]) {
    const history: TransitionState[] = [];
    const action = actions.get(attempt.action_id);
    if (action === undefined || action.attempts.has(attempt.attempt_number)) continue;
    const state: AttemptState = {
      attempt,
      transitions: history,
      newEvents: [],
      newFields: false,
      fresh: false,
      dirty: false,
    };
    action.attempts.set(attempt.attempt_number, state);
    histories.set(attempt.id, history);
  }
  for (const row of transitions as Row<'phase_transitions'>[]) {
    const history = histories.get(row.attempt_id);
    if (history === undefined || history.some(({ id }) => id === row.id)) continue;
    history.push(Object.assign(row, { fresh: false, dirty: false }));
  }
  for (const history of histories.values()) {
    if (history.length > 1) history.sort((a, b) => phaseRank(a.phase as Phase) - phaseRank(b.phase as Phase));
  }
}
