import type { Row } from '../schema.ts';
import { countedOf } from './flush-groups.ts';
import type { ActionState, KnownAction, RunState } from './states.ts';
import type { Unit } from './unit.ts';

/** How much a cache holds at most; actions come with their attempts. */
export interface CacheBounds {
  readonly maxActions: number;
  /** Bytes of messages and texts in their rows, the rest of a row not counted. */
  readonly maxBytes: number;
}

/** What a writer keeps unless it is told otherwise. */
export const DEFAULT_CACHE: CacheBounds = { maxActions: 10_000, maxBytes: 32 * 2 ** 20 };

/** An action with more than this is read again each time: it would drive out many others. */
const MAX_ACTION_BYTES = 16 * 1024;

/*
 * States of runs as this process's transactions left them, so that the next one need not read what the last one wrote.
 *
 * Why a kept state is never out of date when it is used:
 *
 *  1. Whoever changes anything that is kept (the run's row, its actions, attempts, transitions) holds the lock of the run's row, and gives the row
 *     another version in the same transaction (`giveVersions` in flush.ts). All of them go through `flushUnit`, in whatever process.
 *     A migration that changes such rows has to change the versions too.
 *  2. A version is a random number that no other transaction has (`newVersion`). So a version stands for one state of the run: the one that the
 *     transaction which wrote it left.
 *  3. A state is kept only after its transaction has committed, together with the version that the row has since then, or that it had
 *     under the lock if nothing was changed.
 *  4. Before a state is used the run is locked, and its version is read by the statement that locks it: on PostgreSQL who waited for a lock
 *     gets the newest committed row, on SQLite there is one writer. If it is the version of the state, then the state is what the database has, and stays
 *     so until this transaction ends. If not, it is thrown away and everything is read, after the lock.
 *
 * A state belongs to one transaction at a time: `take` removes it, and only `keep`, after the commit, brings it back. So of one that failed, or
 * whose end is not known, nothing stays. Transactions beside the batches (`exclusive`) neither take nor keep; what they change has another version.
 */

/** Keeps states of runs for the transactions of one writer; those that were used longest ago go first. */
export class StateCache {
  readonly #bounds: CacheBounds;
  readonly #runs = new Map<string, RunState>();
  #actions = 0;
  #bytes = 0;

  constructor(bounds: CacheBounds) {
    this.#bounds = bounds;
  }

  /** How much is kept. */
  get size(): { runs: number; actions: number; bytes: number } {
    return { runs: this.#runs.size, actions: this.#actions, bytes: this.#bytes };
  }

  /** All that is kept, those that were used longest ago first; for who checks it. */
  get states(): Iterable<RunState> {
    return this.#runs.values();
  }

  /** The state of a run, which is not kept any more. Whoever takes it has to compare its version under the run's lock. */
  take(key: string): RunState | undefined {
    const run = this.#runs.get(key);
    if (run === undefined) return undefined;
    this.#runs.delete(key);
    this.#actions -= weight(run);
    this.#bytes -= bytesOfRun(run);
    return run;
  }

  /**
   * Keeps what a unit left. Only for a unit whose transaction has committed, and that nobody uses any more. A run that it made is kept only once
   * something happens to it: thousands may be made and wait.
   */
  keep(unit: Unit): void {
    if (this.#bounds.maxActions <= 0) return;
    for (const action of unit.touched) if (!action.run.fresh) settleAction(action);
    for (const [key, run] of unit.runs) {
      this.take(key);
      if (run.doubtful || run.fresh) continue;
      settleRun(run);
      this.#trim(run);
      this.#runs.set(key, run);
      this.#actions += weight(run);
      this.#bytes += bytesOfRun(run);
    }
    for (const key of this.#runs.keys()) {
      if (this.#actions <= this.#bounds.maxActions && this.#bytes <= this.#bounds.maxBytes) break;
      this.take(key);
    }
  }

  /** One run has at most half of the room: of a larger one the actions that came first go. */
  #trim(run: RunState): void {
    for (const action of run.actions.values()) {
      if (weight(run) <= this.#bounds.maxActions / 2 && bytesOfRun(run) <= this.#bounds.maxBytes / 2) break;
      drop(action);
    }
  }
}

/** A run without actions counts too. */
function weight(run: RunState): number {
  return run.actions.size + 1;
}

function drop({ run, row, bytes }: ActionState): void {
  run.actions.delete(row.name);
  run.bytes -= bytes;
}

function bytesOfRun({ row, bytes }: RunState): number {
  return bytes + row.run_spec.length + row.metadata.length + row.labels.length;
}

/** From now on the state is what the database has. */
function settleRun(run: RunState): void {
  if (run.changed) run.counted = countedOf(run.row);
  run.dirty = false;
  run.changed = false;
}

function settleAction(action: ActionState): void {
  for (const state of action.attempts.values()) {
    if (state.newEvents.length > 0) state.newEvents.length = 0;
    if (!state.dirty) continue;
    state.fresh = false;
    state.dirty = false;
    state.newFields = false;
    for (const transition of state.transitions) {
      transition.fresh = false;
      transition.dirty = false;
    }
  }
  if (action.made !== undefined) {
    action.row = known(action.made);
    action.made = undefined;
    action.inputs = undefined;
  }
  action.fresh = false;
  action.dirty = false;
  const bytes = bytesOf(action);
  action.run.bytes += bytes - action.bytes;
  action.bytes = bytes;
  if (bytes > MAX_ACTION_BYTES) drop(action);
}

/** As it would be loaded. */
function known(made: Row<'actions'>): KnownAction {
  return {
    id: made.id,
    run_id: made.run_id,
    name: made.name,
    parent_action_name: made.parent_action_name,
    action_type: made.action_type,
    function_name: made.function_name,
    metadata: made.metadata,
    created_at: made.created_at,
    phase: made.phase,
    attempts: made.attempts,
    max_attempts: made.max_attempts,
    updated_at: made.updated_at,
    start_time: made.start_time,
    end_time: made.end_time,
    duration_ms: made.duration_ms,
    cache_status: made.cache_status,
    condition_spec: made.condition_spec,
    error_kind: made.error_kind,
    error_line: made.error_line,
    abort_reason: made.abort_reason,
    aborted_by: made.aborted_by,
    signalled_by: made.signalled_by,
    output: made.output,
  };
}

const length = (value: { readonly length: number } | null): number => (value === null ? 0 : value.length);

function bytesOf({ row, attempts }: ActionState): number {
  let bytes =
    length(row.metadata) +
    length(row.condition_spec) +
    length(row.aborted_by) +
    length(row.signalled_by) +
    length(row.output) +
    length(row.abort_reason) +
    length(row.error_line);
  for (const { attempt } of attempts.values()) {
    bytes +=
      length(attempt.error_info) +
      length(attempt.outputs) +
      length(attempt.output_uri) +
      length(attempt.log_info) +
      length(attempt.log_context) +
      length(attempt.cache_metadata) +
      length(attempt.field_versions);
  }
  return bytes;
}
