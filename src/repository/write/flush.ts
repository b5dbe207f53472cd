import type { Db, Dialect } from '../dialects/dialect.ts';
import type { Row } from '../schema.ts';
import { runKeyText } from './command.ts';
import { flushDeadlines } from './flush-deadlines.ts';
import { flushExecutions } from './flush-executions.ts';
import { flushOutbox } from './flush-outbox.ts';
import { insertRows, updateRows } from './rows.ts';
import type { ActionState, AttemptState, Unit } from './unit.ts';

/** A key that a transaction changed: an action, or (with no action) what lists show of a run. */
export interface Change {
  readonly runId: number;
  readonly actionId: number | null;
}

/** What a transaction changed, and the number under which its change-log rows stand. */
export interface Flushed {
  readonly batch: number;
  readonly changes: readonly Change[];
  /** How many actions it put into the executor's queue. */
  readonly enqueued: number;
  /** Whether it left something to tell other services. */
  readonly tells: boolean;
  /** Whether it made conditions that run out of time. */
  readonly deadlines: boolean;
}

const RUN_COLUMNS = [
  'updated_at',
  'phase',
  'running_at',
  'end_time',
  'duration_ms',
  'attempts',
  'cache_status',
  'error_kind',
  'error_line',
  'paused_actions',
] as const;
const ACTION_COLUMNS = [
  'updated_at',
  'phase',
  'attempts',
  'end_time',
  'duration_ms',
  'cache_status',
  'error_kind',
  'error_line',
  'abort_reason',
  'aborted_by',
  'signalled_by',
  'output',
] as const;
const ATTEMPT_COLUMNS = [
  'updated_at',
  'phase',
  'version',
  'start_time',
  'end_time',
  'error_info',
  'outputs',
  'output_uri',
  'log_info',
  'log_context',
  'cluster',
  'cache_status',
  'cache_metadata',
  'field_versions',
] as const;

/** Writes everything that changed in a unit, and a change-log row for each key. Returns undefined if nothing changed. */
export async function flushUnit(dialect: Dialect, db: Db, unit: Unit): Promise<Flushed | undefined> {
  const runs = [...unit.runs.values()];
  const actions = runs.flatMap((run) => [...run.actions.values()]);
  const attempts = actions.flatMap((action) =>
    [...action.attempts.values()].map((attempt) => ({ action, attempt })),
  );
  await giveIds(dialect, db, unit, actions, attempts);

  // Parents before children: foreign keys are checked statement by statement. And what other writers may insert at the same time
  // stands in one order everywhere, because each waits for the other's row of the same key: so never in a circle.
  const projects = inOrder(unit.newProjects, (row) => `${row.org_key}\n${row.id}`);
  await insertRows(dialect, db, 'projects', projects, { ignoreConflicts: true });
  const specs = [...unit.taskSpecs].map(([digest, spec]) => ({ digest, spec }));
  await insertRows(
    dialect,
    db,
    'task_specs',
    inOrder(specs, (row) => row.digest),
    { ignoreConflicts: true },
  );
  await insertRows(dialect, db, 'runs', inOrder(rowsOf(runs, 'fresh'), runKeyText));
  await updateRows(dialect, db, 'runs', RUN_COLUMNS, rowsOf(runs, 'changed'));
  await insertRows(dialect, db, 'run_labels', unit.labels);
  await insertRows(dialect, db, 'actions', rowsOf(actions, 'fresh'));
  await updateRows(dialect, db, 'actions', ACTION_COLUMNS, rowsOf(actions, 'changed'));
  const inputs = actions.flatMap(({ row, inputs, fresh }) =>
    fresh && inputs ? [{ action_id: row.id, inputs }] : [],
  );
  await insertRows(dialect, db, 'action_inputs', inputs);
  const withNewEvents = await flushAttempts(dialect, db, unit, attempts);
  await flushExecutions(dialect, db, unit);
  await flushDeadlines(dialect, db, unit);

  const changes: Change[] = [];
  for (const run of runs) if (run.dirty) changes.push({ runId: run.row.id, actionId: null });
  for (const action of actions) {
    const changed = (one: AttemptState) => one.dirty || withNewEvents.has(one.attempt.id);
    if (action.dirty || [...action.attempts.values()].some(changed)) {
      changes.push({ runId: action.row.run_id, actionId: action.row.id });
    }
  }
  const tells = await flushOutbox(dialect, db, unit, changes);
  if (changes.length === 0) return undefined;
  const [batch = 0] = await dialect.allocateIds(db, 1);
  const log = changes.map(({ runId, actionId }) => ({
    run_id: runId,
    action_id: actionId,
    batch,
    created_at: unit.now,
  }));
  await insertRows(dialect, db, 'changes', log);
  return {
    batch,
    changes,
    enqueued: unit.enqueued.length,
    tells,
    deadlines: unit.deadlines.length > 0,
  };
}

/** Returns the ids of the attempts that got cluster events that they did not have. */
async function flushAttempts(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  attempts: readonly { attempt: AttemptState }[],
): Promise<Set<number>> {
  const states = attempts.map(({ attempt }) => ({ ...attempt, row: attempt.attempt }));
  await insertRows(dialect, db, 'action_attempts', rowsOf(states, 'fresh'));
  await updateRows(dialect, db, 'action_attempts', ATTEMPT_COLUMNS, rowsOf(states, 'changed'));
  const transitions = attempts.flatMap(({ attempt }) => attempt.transitions.map((row) => ({ ...row, row })));
  await insertRows(dialect, db, 'phase_transitions', rowsOf(transitions, 'fresh'));
  await updateRows(
    dialect,
    db,
    'phase_transitions',
    ['version', 'start_time', 'end_time'],
    rowsOf(transitions, 'changed'),
  );
  const events = attempts.flatMap(({ attempt }) =>
    attempt.newEvents.map((event) => ({ attemptId: attempt.attempt.id, event })),
  );
  if (events.length === 0) return new Set();
  const ids = await dialect.allocateIds(db, events.length);
  const rows: Row<'cluster_events'>[] = events.map(({ attemptId, event }, i) => ({
    id: ids[i] ?? 0,
    attempt_id: attemptId,
    digest: event.digest,
    occurred_at: event.occurredAt,
    message: event.message,
    event: event.event,
    created_at: unit.now,
  }));
  const added = await insertRows(dialect, db, 'cluster_events', rows, {
    ignoreConflicts: true,
    returning: 'attempt_id',
  });
  return new Set(added.map((row) => row.attempt_id));
}

/** Gives ids to what is new, parents first, so that every row can name its parent. */
async function giveIds(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  actions: readonly ActionState[],
  attempts: readonly { action: ActionState; attempt: AttemptState }[],
): Promise<void> {
  const fresh: { id: number }[] = [];
  for (const run of unit.runs.values()) if (run.fresh) fresh.push(run.row);
  for (const action of actions) if (action.fresh) fresh.push(action.row);
  for (const { attempt } of attempts) {
    if (attempt.fresh) fresh.push(attempt.attempt);
    for (const transition of attempt.transitions) if (transition.fresh) fresh.push(transition);
  }
  if (fresh.length === 0) return;
  const ids = await dialect.allocateIds(db, fresh.length);
  fresh.forEach((row, i) => {
    row.id = ids[i] ?? 0;
  });
  for (const action of actions) action.row.run_id = action.run.row.id;
  for (const { action, attempt } of attempts) {
    attempt.attempt.action_id = action.row.id;
    for (const transition of attempt.transitions) transition.attempt_id = attempt.attempt.id;
  }
}

function inOrder<R>(rows: readonly R[], key: (row: R) => string): R[] {
  const keyed = rows.map((row) => ({ row, key: key(row) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))).map(({ row }) => row);
}

function rowsOf<R>(
  states: readonly { row: R; fresh: boolean; dirty: boolean }[],
  which: 'fresh' | 'changed',
): R[] {
  return states.filter((s) => s.dirty && s.fresh === (which === 'fresh')).map((s) => s.row);
}
