import type { Instant } from './instant.ts';
import type { Phase } from './phase.ts';

/** The state of an attempt that folding reads and changes; column names are those of `action_attempts`. */
export interface AttemptRecord {
  attempt_number: number;
  phase: string;
  version: number;
  start_time: Instant;
  end_time: Instant | null;
  error_info: Uint8Array | null;
  outputs: Uint8Array | null;
  output_uri: string | null;
  log_info: Uint8Array | null;
  log_context: Uint8Array | null;
  cluster: string;
  cache_status: number;
  cache_metadata: Uint8Array | null;
  field_versions: string;
}

/** One phase that an attempt went through; column names are those of `phase_transitions`. */
export interface TransitionRecord {
  phase: string;
  version: number;
  start_time: Instant;
  end_time: Instant | null;
}

/** The state of an action that folding reads and changes; column names are those of `actions`. */
export interface ActionRecord {
  action_type: string;
  phase: string;
  attempts: number;
  max_attempts: number;
  start_time: Instant;
  end_time: Instant | null;
  duration_ms: number | null;
  cache_status: number;
  error_kind: string | null;
  error_line: string | null;
  abort_reason: string | null;
  aborted_by: Uint8Array | null;
}

/** The fields of an attempt that an event may carry; one that is absent says nothing. */
export interface AttemptFields {
  error_info?: Uint8Array;
  outputs?: Uint8Array;
  log_info?: Uint8Array;
  log_context?: Uint8Array;
  cluster?: string;
  cache_status?: number;
  cache_metadata?: Uint8Array;
}

/** An event of one attempt: `ActionEvent` in the words of the rules. */
export interface AttemptEvent {
  readonly attempt: number;
  readonly phase: Phase;
  readonly version: number;
  /** When the attempt reached the phase, by whoever reports it. */
  readonly time: Instant;
  /** When the attempt ended, if the event says so apart from `time`. */
  readonly endTime?: Instant | undefined;
  readonly fields: AttemptFields;
  /** The place of the outputs, for people who read the table; goes with `fields.outputs`. */
  readonly outputUri?: string | undefined;
}
