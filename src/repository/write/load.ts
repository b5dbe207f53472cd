import { phaseRank, type Phase } from '../../runs/phase.ts';
import type { Db, Dialect, ListColumn } from '../dialects/dialect.ts';
import { runSteps, type Step } from '../dialects/steps.ts';
import type { Row } from '../schema.ts';
import { type Command, type NeededAction, runKeyText, type StoredRunKey } from './command.ts';
import { loadRuns, type StoredProject } from './load-runs.ts';
import { shape } from './rows.ts';
import type { StateCache } from './state-cache.ts';
import {
  type ActionState,
  type AttemptState,
  KNOWN_COLUMNS,
  type KnownAction,
  knowsAttempt,
  type RunState,
  type TransitionState,
} from './states.ts';
import type { Unit } from './unit.ts';

const text = (name: string): ListColumn => ({ name, kind: 'text' });
const int = (name: string): ListColumn => ({ name, kind: 'int' });
const ACTION_KEY = [int('run_id'), text('name')];
const ATTEMPT_KEY = [...ACTION_KEY, int('attempt')];

type Needs = readonly Pick<Command<unknown>, 'runs' | 'actions' | 'projects'>[];

/**
 * Locks and loads what the commands named: first the runs (see `loadRuns`), then, in one round, what is needed of them and not known yet.
 */
export async function loadUnit(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  commands: Needs,
  cache?: StateCache,
): Promise<void> {
  const runKeys = new Map<string, StoredRunKey>();
  const projects = new Map<string, StoredProject>();
  for (const command of commands) {
    for (const run of command.runs) runKeys.set(runKeyText(run), run);
    for (const project of command.projects ?? []) projects.set(`${project.org_key}\n${project.id}`, project);
  }
  await loadRuns(dialect, db, unit, runKeys, [...projects.values()], cache);
  if (unit.runs.size > 0) await loadActions(dialect, db, unit, commands);
}

/** What has to be read of an action: its row, unless it is known, and these attempts. */
interface Missing {
  readonly run: RunState;
  readonly name: string;
  readonly known: ActionState | undefined;
  readonly attempts: Set<number | 'latest'>;
}

async function loadActions(dialect: Dialect, db: Db, unit: Unit, commands: Needs): Promise<void> {
  const entries = missingOf(unit, commands);
  if (entries.length === 0) return;
  const byId = new Map<number, ActionState>();
  const runs = new Map<number, RunState>();
  const keys: { run_id: number; name: string }[] = [];
  for (const { run, name, known } of entries) {
    if (known !== undefined) {
      byId.set(known.row.id, known);
      unit.touched.add(known);
    } else {
      runs.set(run.row.id, run);
      keys.push({ run_id: run.row.id, name });
    }
  }
  const wanted = entries.flatMap(({ run, name, attempts }) => attemptKeys(run.row.id, name, attempts));
  const steps = keys.length > 0 ? [actionsStep(dialect, keys)] : [];
  const answers = await runSteps(db, [...steps, ...attemptSteps(dialect, wanted)]);
  for (const row of (keys.length > 0 ? answers.shift() : []) as KnownAction[]) {
    const run = runs.get(row.run_id);
    if (run !== undefined) byId.set(row.id, addLoadedAction(unit, run, row));
  }
  addAttempts(byId, answers);
  for (const { run, name, attempts } of entries) noteAbsent(run.actions.get(name), attempts);
}

function missingOf(unit: Unit, commands: Needs): Missing[] {
  const missing = new Map<RunState, Map<string, Missing>>();
  // Neighbours are often of one run.
  let lastKey: StoredRunKey | undefined;
  let run: RunState | undefined;
  for (const { actions = [] } of commands) {
    for (const needed of actions) {
      if (needed.run !== lastKey) {
        lastKey = needed.run;
        run = unit.runs.get(runKeyText(needed.run));
      }
      if (run === undefined) continue;
      const known = run.actions.get(needed.name);
      if (known !== undefined && knows(known, needed)) continue;
      let ofRun = missing.get(run);
      if (ofRun === undefined) {
        ofRun = new Map<string, Missing>();
        missing.set(run, ofRun);
      }
      let entry = ofRun.get(needed.name);
      if (entry === undefined) {
        entry = { run, name: needed.name, known, attempts: new Set() };
        ofRun.set(needed.name, entry);
      }
      for (const attempt of needed.attempts) entry.attempts.add(attempt);
    }
  }
  return [...missing.values()].flatMap((ofRun) => [...ofRun.values()]);
}

/** Whoever needs an attempt gets the newest one too, because what an action shows is the newest one's. */
function knows(action: ActionState, { attempts }: NeededAction): boolean {
  for (const attempt of attempts) {
    if (attempt !== 'latest' && !knowsAttempt(action, attempt)) return false;
  }
  return attempts.length === 0 || action.attempts.has(action.row.attempts);
}

function noteAbsent(action: ActionState | undefined, attempts: ReadonlySet<number | 'latest'>): void {
  if (action === undefined) return;
  for (const attempt of attempts) {
    if (attempt === 'latest' || knowsAttempt(action, attempt)) continue;
    action.absent ??= new Set();
    action.absent.add(attempt);
  }
}

/** Puts an action that was read from the database into its run. */
export function addLoadedAction(unit: Unit, run: RunState, row: KnownAction): ActionState {
  const action: ActionState = {
    run,
    row,
    attempts: new Map(),
    complete: false,
    bytes: 0,
    fresh: false,
    dirty: false,
  };
  run.actions.set(row.name, action);
  unit.touched.add(action);
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

/** Reads actions by their names. */
export function actionsStep(dialect: Dialect, rows: readonly { run_id: number; name: string }[]): Step {
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
