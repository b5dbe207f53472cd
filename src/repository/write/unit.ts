import type { ClusterEventRecord } from '../../runs/event.ts';
import { foldIntoAction } from '../../runs/fold-action.ts';
import { foldIntoAttempt, newAttempt, runningSince } from '../../runs/fold-attempt.ts';
import { ROOT_ACTION } from '../../runs/identity.ts';
import type { Instant } from '../../runs/instant.ts';
import { isRetryable, isTerminal, type Phase } from '../../runs/phase.ts';
import type { AttemptEvent, TransitionRecord } from '../../runs/records.ts';
import { errorSummary } from '../error-summary.ts';
import type { Row } from '../schema.ts';
import { runKeyText, type StoredRunKey } from './command.ts';
import type { ActionState, AttemptState, KnownAction, RunState, TransitionState } from './states.ts';
import { newVersion } from './version.ts';

/** An action that the executor is to run; its place in the queue is given when the unit is written. */
export interface QueuedExecution {
  readonly action: ActionState;
  /** Undefined for the root action. */
  readonly parent: ActionState | undefined;
  readonly limits: ExecutionLimits;
}

/** What bounds an execution while it waits; undefined is no bound. */
export interface ExecutionLimits {
  /** Milliseconds that each attempt may wait for its start. */
  readonly maxQueuedMs?: number | undefined;
  /** Milliseconds from the first QUEUED to the end, all attempts included. */
  readonly deadlineMs?: number | undefined;
  /** How many actions of the run may work at once. */
  readonly runConcurrency?: number | undefined;
  /** Of those that share it one runs at a time. */
  readonly serialKey?: string | undefined;
}

/** What of a transaction's changes other services are told. */
export interface Telling {
  /** Actions are executed by another ActionsService: it gets what would otherwise go into the queue, and aborts and signals. */
  readonly actions: boolean;
  /** What happens to the runs that another service handed to this one is reported to it. */
  readonly runs: boolean;
}

/** Something that the ActionsService that executes actions is to be told; `payload` is the wire bytes of the request. */
export interface Handover {
  readonly action: ActionState;
  readonly kind: 'ENQUEUE' | 'ABORT' | 'SIGNAL';
  readonly payload: Uint8Array | null;
}

const TELLS_NOBODY: Telling = { actions: false, runs: false };

/**
 * What one transaction works on: the runs that it locked and those of their actions and attempts that its commands named. Commands
 * read and change it in memory; afterwards everything that changed is written at once.
 */
export class Unit {
  /** The time of the transaction: rows that it makes or changes carry it. */
  readonly now: Instant;
  /** What the runs carry that it changes, once it has committed. */
  readonly version = newVersion();
  readonly runs = new Map<string, RunState>();
  /** The actions that it loaded, made, or may have changed. Runs can have many more. */
  readonly touched = new Set<ActionState>();
  readonly taskSpecs = new Map<string, Uint8Array>();
  readonly labels: Row<'run_labels'>[] = [];
  readonly newProjects: Row<'projects'>[] = [];
  readonly projectStates = new Map<string, number>();
  readonly enqueued: QueuedExecution[] = [];
  readonly executions: Row<'executions'>[] = [];
  readonly cached: Row<'task_cache'>[] = [];
  readonly telling: Telling;
  readonly handovers: Handover[] = [];
  /** Runs that another service handed to this one. */
  readonly delegated: RunState[] = [];
  /** When conditions run out of time. */
  readonly deadlines: { readonly action: ActionState; readonly dueAt: Instant }[] = [];
  /** Ids of conditions whose time has been dealt with. */
  readonly pastDeadlines: number[] = [];

  constructor(now: Instant, telling: Telling = TELLS_NOBODY) {
    this.now = now;
    this.telling = telling;
  }

  /** Adds a run that is not in the database; its id is given when the unit is written. */
  addRun(key: string, row: Omit<Row<'runs'>, 'id' | 'version'>, labels: Record<string, string>): RunState {
    const run: RunState = {
      row: { id: 0, ...row, version: this.version },
      actions: new Map(),
      bytes: 0,
      fresh: true,
      dirty: true,
      changed: true,
      doubtful: false,
    };
    this.runs.set(key, run);
    for (const [name, value] of Object.entries(labels)) {
      // The id is filled in when it is known: the label shares the run's row.
      this.labels.push({
        get run_id() {
          return run.row.id;
        },
        key: name,
        value,
      });
    }
    return run;
  }

  /** Adds an action to a run, with its first attempt, QUEUED since `since`. */
  addAction(run: RunState, row: Omit<Row<'actions'>, 'id' | 'run_id'>, since: Instant): ActionState {
    const made = { id: 0, run_id: run.row.id, ...row };
    const action: ActionState = {
      run,
      row: made,
      made,
      attempts: new Map(),
      complete: true,
      bytes: 0,
      fresh: true,
      dirty: true,
    };
    run.actions.set(row.name, action);
    run.changed = true;
    this.touched.add(action);
    this.#attempt(action, { attempt: 1, phase: 'QUEUED', version: 0, time: since, fields: {} });
    return action;
  }

  /**
   * Folds an event into an action and its attempt. `decides` says that whoever reports it decides over the action as a whole.
   */
  applyEvent(
    action: ActionState,
    event: AttemptEvent,
    more: {
      decides: boolean;
      durationMs?: number | undefined;
      clusterEvents?: readonly ClusterEventRecord[];
    },
  ): void {
    const before = visibleOf(action.row);
    this.touched.add(action);
    const state = this.#attempt(action, event);
    if (more.clusterEvents) state.newEvents.push(...more.clusterEvents);
    foldIntoAction(action.row, {
      attempt: event.attempt,
      phase: event.phase,
      time: event.time,
      endTime: event.endTime,
      durationMs: more.durationMs,
      decides: more.decides,
    });
    if (event.attempt === action.row.attempts) syncFromAttempt(action, state);
    this.#settle(action, before);
  }

  /** A command that names these runs was refused: should it have begun to change them in memory, nobody else may see that. */
  doubt(runs: readonly StoredRunKey[]): void {
    for (const key of runs) {
      const run = this.runs.get(runKeyText(key));
      if (run !== undefined) run.doubtful = true;
    }
  }

  /** Puts a new action into the queue of the process executor: it runs if, and only if, this transaction commits. */
  enqueue(action: ActionState, parent: ActionState | undefined, limits: ExecutionLimits): void {
    this.enqueued.push({ action, parent, limits });
  }

  /** Replaces the row of an execution, if its token is still that of the row. */
  updateExecution(row: Row<'executions'>): void {
    this.executions.push({ ...row, updated_at: this.now });
  }

  /** Marks an action whose row was changed by hand. */
  touch(action: ActionState): void {
    action.dirty = true;
    action.run.changed = true;
    action.row.updated_at = this.now;
    this.touched.add(action);
  }

  #attempt(action: ActionState, event: AttemptEvent): AttemptState {
    let state = action.attempts.get(event.attempt);
    if (state === undefined) {
      state = {
        attempt: { id: 0, action_id: 0, created_at: this.now, updated_at: this.now, ...newAttempt(event) },
        transitions: [],
        newEvents: [],
        newFields: true,
        fresh: true,
        dirty: true,
      };
      action.attempts.set(event.attempt, state);
    }
    const { field_versions } = state.attempt;
    if (foldIntoAttempt(state, event, (transition) => this.#transition(transition), markDirty)) {
      state.dirty = true;
      action.run.changed = true;
      // Whatever else an event brings has its place in the versions of the fields.
      if (state.attempt.field_versions !== field_versions) state.newFields = true;
      state.attempt.updated_at = this.now;
    }
    return state;
  }

  #transition(transition: TransitionRecord): TransitionState {
    return { id: 0, attempt_id: 0, created_at: this.now, ...transition, fresh: true, dirty: true };
  }

  /** Carries what changed in an action's row on to its run. */
  #settle(action: ActionState, before: Visible): void {
    const { row, run } = action;
    if (row.name === ROOT_ACTION) this.#settleRunningSince(action);
    if (
      row.phase === before.phase &&
      row.attempts === before.attempts &&
      row.end_time === before.end_time &&
      row.duration_ms === before.duration_ms &&
      row.cache_status === before.cache_status &&
      row.error_kind === before.error_kind &&
      row.error_line === before.error_line
    ) {
      return;
    }
    this.touch(action);
    const paused = Number(row.phase === 'PAUSED') - Number(before.phase === 'PAUSED');
    if (paused !== 0) {
      run.row.paused_actions += paused;
      run.dirty = true;
    }
    if (row.name === ROOT_ACTION) this.#settleRun(action);
  }

  #settleRun({ row, run }: ActionState): void {
    run.dirty = true;
    run.row.updated_at = this.now;
    run.row.phase = row.phase;
    run.row.attempts = row.attempts;
    run.row.end_time = row.end_time;
    run.row.duration_ms = row.duration_ms;
    run.row.cache_status = row.cache_status;
    run.row.error_kind = row.error_kind;
    run.row.error_line = row.error_line;
  }

  /** That an attempt ran, or ran earlier, may become known when nothing else of the action changes any more. */
  #settleRunningSince({ run, attempts }: ActionState): void {
    for (const { transitions } of attempts.values()) {
      const since = runningSince(transitions);
      if (since === undefined || (run.row.running_at !== null && since >= run.row.running_at)) continue;
      run.row.running_at = since;
      run.row.updated_at = this.now;
      run.dirty = true;
    }
  }
}

function markDirty(transition: TransitionState): void {
  transition.dirty = true;
}

/** What folding changes of an action's row. */
type Visible = Pick<
  KnownAction,
  'phase' | 'attempts' | 'end_time' | 'duration_ms' | 'cache_status' | 'error_kind' | 'error_line'
>;

function visibleOf(row: KnownAction): Visible {
  const { phase, attempts, end_time, duration_ms, cache_status, error_kind, error_line } = row;
  return { phase, attempts, end_time, duration_ms, cache_status, error_kind, error_line };
}

/** The action shows the cache status, and when it failed the error, of its newest attempt. */
function syncFromAttempt({ row }: ActionState, { attempt }: AttemptState): void {
  row.cache_status = attempt.cache_status;
  if (isTerminal(row.phase as Phase) && isRetryable(row.phase as Phase) && attempt.error_info !== null) {
    const { kind, line } = errorSummary(attempt.error_info);
    row.error_kind = kind;
    row.error_line = line;
  }
}
