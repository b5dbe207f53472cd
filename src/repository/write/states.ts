import type { ClusterEventRecord } from '../../runs/event.ts';
import type { CountedRun } from '../../runs/group-measures.ts';
import type { Row } from '../schema.ts';

/** How a row in a unit differs from the database: it is not there yet, or not yet so. */
interface Tracked {
  fresh: boolean;
  dirty: boolean;
}

/** A run in a unit, with the actions that were loaded or made. */
export interface RunState extends Tracked {
  readonly row: Row<'runs'>;
  /** What the counts of its group knew of it when it was read; undefined if it is new, or is not counted. */
  counted?: CountedRun | undefined;
  readonly actions: Map<string, ActionState>;
  /** Bytes of messages and texts in its actions, as far as they were counted. */
  bytes: number;
  /** Whether its rows differ from what its version stands for, so that it needs another one. */
  changed: boolean;
  /** Whether a command was refused that may have begun to change it: then it must not outlive the transaction. */
  doubtful: boolean;
}

/** What of an action is loaded: what commands look at, what they change, and what those who watch it show of it. */
export const KNOWN_COLUMNS = [
  'id',
  'run_id',
  'name',
  'parent_action_name',
  'action_type',
  'function_name',
  'metadata',
  'created_at',
  'phase',
  'attempts',
  'max_attempts',
  'updated_at',
  'start_time',
  'end_time',
  'duration_ms',
  'cache_status',
  'condition_spec',
  'error_kind',
  'error_line',
  'abort_reason',
  'aborted_by',
  'signalled_by',
  'output',
] as const satisfies readonly (keyof Row<'actions'>)[];

/** An action's row, as far as it is loaded. */
export type KnownAction = Pick<Row<'actions'>, (typeof KNOWN_COLUMNS)[number]>;

/** An action in a unit, with the attempts that were loaded or made. */
export interface ActionState extends Tracked {
  readonly run: RunState;
  row: KnownAction;
  /** The same row with all that it says, of an action that is new. */
  made?: Row<'actions'> | undefined;
  readonly attempts: Map<number, AttemptState>;
  /** Whether all its attempts are among them. */
  readonly complete: boolean;
  /** Attempts that were looked for and are not there. */
  absent?: Set<number> | undefined;
  /** What of its run's bytes it is. */
  bytes: number;
  inputs?: Uint8Array | undefined;
}

/** Whether it is known of an attempt what the database says of it: its row, or that there is none. */
export function knowsAttempt({ attempts, complete, absent }: ActionState, attempt: number): boolean {
  return attempts.has(attempt) || complete || absent?.has(attempt) === true;
}

/** An attempt in a unit, with its whole history and the cluster events to add. */
export interface AttemptState extends Tracked {
  readonly attempt: Row<'action_attempts'>;
  readonly transitions: TransitionState[];
  readonly newEvents: ClusterEventRecord[];
  /** Whether more than its phase and times changed. */
  newFields: boolean;
}

/** A transition in a unit. */
export interface TransitionState extends Tracked, Row<'phase_transitions'> {}
