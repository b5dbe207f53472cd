import type { Db, Dialect } from '../dialects/dialect.ts';
import type { Row } from '../schema.ts';
import { runKeyText } from './command.ts';
import { flushDeadlines } from './flush-deadlines.ts';
import { flushExecutions } from './flush-executions.ts';
import { flushGroups } from './flush-groups.ts';
import { flushOutbox } from './flush-outbox.ts';
import { Writes } from './writes.ts';
import type { ActionState, AttemptState, RunState } from './states.ts';
import type { Unit } from './unit.ts';

/** An action as a transaction leaves it: what can change in it, and all the rest if the transaction made it. */
export type ChangedAction = Partial<Row<'actions'>> &
  Pick<
    Row<'actions'>,
    'name' | 'phase' | 'attempts' | 'start_time' | 'end_time' | 'duration_ms' | 'cache_status'
  >;

/** A key that a transaction changed: an action, or (with no action) what lists show of a run. */
export interface Change {
  readonly runId: number;
  readonly actionId: number | null;
  /** The action, where it is known without reading; must not be changed. */
  readonly row?: ChangedAction;
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
  /** Whether it changed what the groups of runs count. */
  readonly counts: boolean;
}

const RUN_COLUMNS = [
  'version',
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
const ATTEMPT_STATE = ['updated_at', 'phase', 'version', 'start_time', 'end_time'] as const;
const ATTEMPT_COLUMNS = [
  ...ATTEMPT_STATE,
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

/**
 * Writes everything that changed in a unit, and a change-log row for each key. Returns undefined if nothing changed. With `last` nothing may
 * follow in the transaction: its commit travels with the writes.
 */
export async function flushUnit(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  options: { last?: boolean } = {},
): Promise<Flushed | undefined> {
  const runs = [...unit.runs.values()];
  const actions = [...unit.touched];
  giveVersions(unit, runs);
  const attempts = actions.flatMap((action) =>
    [...action.attempts.values()].map((attempt) => ({ action, attempt })),
  );
  const batch = await giveIds(dialect, db, unit, actions, attempts);

  // Parents before children: foreign keys are checked statement by statement. And what other writers may insert at the same time
  // stands in one order everywhere, because each waits for the other's row of the same key: so never in a circle.
  const writes = new Writes(dialect, db);
  const projects = inOrder(unit.newProjects, (row) => `${row.org_key}\n${row.id}`);
  writes.insert('projects', projects, { ignoreConflicts: true });
  const specs = [...unit.taskSpecs].map(([digest, spec]) => ({ digest, spec }));
  writes.insert(
    'task_specs',
    inOrder(specs, (row) => row.digest),
    { ignoreConflicts: true },
  );
  writes.insert('runs', inOrder(rowsOf(runs, 'fresh'), runKeyText));
  writes.update('runs', RUN_COLUMNS, rowsOf(runs, 'changed'));
  const others = runs.flatMap(({ row, changed, dirty }) => (changed && !dirty ? [row] : []));
  writes.update('runs', ['version'], others);
  writes.insert('run_labels', unit.labels);
  const made = actions.flatMap((action) => (action.fresh && action.made ? [action.made] : []));
  writes.insert('actions', made);
  writes.update('actions', ACTION_COLUMNS, rowsOf(actions, 'changed'));
  const inputs = actions.flatMap(({ row, inputs, fresh }) =>
    fresh && inputs ? [{ action_id: row.id, inputs }] : [],
  );
  writes.insert('action_inputs', inputs);
  const withNewEvents = await flushAttempts(writes, unit, attempts);
  await flushExecutions(writes, unit);
  flushDeadlines(writes, unit);

  const changes: Change[] = [];
  for (const run of runs) if (run.dirty) changes.push({ runId: run.row.id, actionId: null });
  for (const action of actions) {
    const changed = (one: AttemptState) => one.dirty || withNewEvents.has(one.attempt.id);
    if (action.dirty || [...action.attempts.values()].some(changed)) {
      // A copy, because the next transaction may go on with the state.
      const row = action.made ?? { ...action.row };
      changes.push({ runId: action.row.run_id, actionId: action.row.id, row });
    }
  }
  const counts = flushGroups(writes, runs);
  const tells = await flushOutbox(writes, unit, changes);
  const log = changes.map(({ runId, actionId }) => ({
    run_id: runId,
    action_id: actionId,
    batch,
    created_at: unit.now,
  }));
  writes.insert('changes', log);
  await writes.send(options);
  if (changes.length === 0) return undefined;
  return {
    batch,
    changes,
    enqueued: unit.enqueued.length,
    tells,
    deadlines: unit.deadlines.length > 0,
    counts,
  };
}

/** Whatever of a run is different, it gets the version of the transaction: states of it that others have kept are outdated then. */
function giveVersions({ version }: Unit, runs: readonly RunState[]): void {
  for (const run of runs) {
    if (run.dirty) run.changed = true;
    if (run.changed) run.row.version = version;
  }
}

/** Returns the ids of the attempts that got cluster events that they did not have. */
async function flushAttempts(
  writes: Writes,
  unit: Unit,
  attempts: readonly { attempt: AttemptState }[],
): Promise<Set<number>> {
  const states = attempts.flatMap(({ attempt }) => (attempt.dirty ? [attempt] : []));
  const known = states.filter(({ fresh }) => !fresh);
  writes.insert('action_attempts', attemptRows(states.filter(({ fresh }) => fresh)));
  writes.update('action_attempts', ATTEMPT_STATE, attemptRows(known.filter((one) => !one.newFields)));
  writes.update('action_attempts', ATTEMPT_COLUMNS, attemptRows(known.filter((one) => one.newFields)));
  const transitions = attempts.flatMap(({ attempt }) => attempt.transitions);
  const changed = transitions.filter(({ dirty }) => dirty);
  writes.insert(
    'phase_transitions',
    changed.filter(({ fresh }) => fresh),
  );
  writes.update(
    'phase_transitions',
    ['version', 'start_time', 'end_time'],
    changed.filter(({ fresh }) => !fresh),
  );
  const events = attempts.flatMap(({ attempt }) =>
    attempt.newEvents.map((event) => ({ attemptId: attempt.attempt.id, event })),
  );
  if (events.length === 0) return new Set();
  const ids = await writes.allocateIds(events.length);
  const rows: Row<'cluster_events'>[] = events.map(({ attemptId, event }, i) => ({
    id: ids[i] ?? 0,
    attempt_id: attemptId,
    digest: event.digest,
    occurred_at: event.occurredAt,
    message: event.message,
    event: event.event,
    created_at: unit.now,
  }));
  const added = await writes.insertNew('cluster_events', rows, 'attempt_id');
  return new Set(added.map((row) => row.attempt_id));
}

function attemptRows(states: readonly AttemptState[]): Row<'action_attempts'>[] {
  return states.map(({ attempt }) => attempt);
}

/** Gives ids to what is new, parents first, so that every row can name its parent. Returns one more, for the change log. */
async function giveIds(
  dialect: Dialect,
  db: Db,
  unit: Unit,
  actions: readonly ActionState[],
  attempts: readonly { action: ActionState; attempt: AttemptState }[],
): Promise<number> {
  const fresh: { id: number }[] = [];
  for (const run of unit.runs.values()) if (run.fresh) fresh.push(run.row);
  for (const action of actions) if (action.fresh) fresh.push(action.row);
  for (const { attempt } of attempts) {
    if (attempt.fresh) fresh.push(attempt.attempt);
    for (const transition of attempt.transitions) if (transition.fresh) fresh.push(transition);
  }
  // What changes nothing takes no id: on SQLite that would be a write.
  const isEmpty = (one: AttemptState) => !one.dirty && one.newEvents.length === 0;
  if (
    fresh.length === 0 &&
    ![...unit.runs.values(), ...actions].some(({ dirty }) => dirty) &&
    attempts.every(({ attempt }) => isEmpty(attempt))
  ) {
    return 0;
  }
  const ids = await dialect.allocateIds(db, fresh.length + 1);
  const batch = ids.pop() ?? 0;
  fresh.forEach((row, i) => {
    row.id = ids[i] ?? 0;
  });
  for (const action of actions) action.row.run_id = action.run.row.id;
  for (const { action, attempt } of attempts) {
    attempt.attempt.action_id = action.row.id;
    for (const transition of attempt.transitions) transition.attempt_id = attempt.attempt.id;
  }
  return batch;
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
