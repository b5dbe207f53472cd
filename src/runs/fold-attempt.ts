import type { Instant } from './instant.ts';
import { isTerminal, type Phase, phaseRank } from './phase.ts';
import type { AttemptEvent, AttemptFields, AttemptRecord, TransitionRecord } from './records.ts';

/*
 * Folding events into an attempt.
 *
 * Events of an attempt are ordered by (rank of the phase, version). They may arrive in any order and more than once. What the attempt
 * becomes does not depend on that, with one exception that lies in the matter: of two different terminal phases the one that
 * arrives first stands.
 *
 *  - phase: the highest rank seen; once terminal it stays.
 *  - history: one transition per phase, from the earliest time that an event gave for it (or for a later phase) to the start of the
 *    next one; the terminal one from the earliest time to the earliest end that an event gave.
 *  - each field: from the highest event that carries it. The order of that event is kept per field, so that a late event fills in what
 *    no later one said, and nothing else.
 */

/** An attempt with its history, as folding sees it. */
export interface AttemptFold<A extends AttemptRecord, T extends TransitionRecord> {
  readonly attempt: A;
  /** In the order of their phases. */
  readonly transitions: T[];
}

const FIELDS = [
  'error_info',
  'outputs',
  'log_info',
  'log_context',
  'cluster',
  'cache_status',
  'cache_metadata',
] as const;
const VERSIONS = 2 ** 32;

/** The place of an event within its attempt: later events have greater ones. */
export function eventOrder(phase: Phase, version: number): number {
  return phaseRank(phase) * VERSIONS + version;
}

/**
 * When the attempt reached the phase. Who reports an end often does so after it, with a time of the report and an end of its own.
 */
function reachedAt({ phase, time, endTime }: AttemptEvent): Instant {
  return isTerminal(phase) && endTime !== undefined && endTime < time ? endTime : time;
}

/** The attempt as it is before its first event: what the event itself says, and no history. */
export function newAttempt(event: AttemptEvent): AttemptRecord {
  return {
    attempt_number: event.attempt,
    phase: event.phase,
    version: event.version,
    start_time: reachedAt(event),
    end_time: isTerminal(event.phase) ? (event.endTime ?? event.time) : null,
    error_info: null,
    outputs: null,
    output_uri: null,
    log_info: null,
    log_context: null,
    cluster: '',
    cache_status: 0,
    cache_metadata: null,
    field_versions: '{}',
  };
}

/**
 * Folds one event into its attempt, in place. Returns true if anything changed.
 * `addTransition` makes the record of a phase that is new to the history.
 */
export function foldIntoAttempt<A extends AttemptRecord, T extends TransitionRecord>(
  fold: AttemptFold<A, T>,
  event: AttemptEvent,
  addTransition: (transition: TransitionRecord) => T,
): boolean {
  const { attempt } = fold;
  const phase = attempt.phase as Phase;
  // The attempt has ended otherwise; what contradicts that is acknowledged and not shown.
  if (isTerminal(phase) && isTerminal(event.phase) && phase !== event.phase) return false;

  let changed = foldHistory(fold, event, addTransition);
  if (phaseRank(event.phase) > phaseRank(phase)) {
    attempt.phase = event.phase;
    attempt.version = event.version;
    changed = true;
  } else if (event.phase === phase && event.version > attempt.version) {
    attempt.version = event.version;
    changed = true;
  }
  if (isTerminal(event.phase)) {
    const end = event.endTime ?? event.time;
    if (attempt.end_time === null || end < attempt.end_time) {
      attempt.end_time = end;
      changed = true;
    }
  }
  if (foldFields(attempt, event)) changed = true;
  if (closeHistory(fold)) changed = true;
  return changed;
}

function foldHistory<A extends AttemptRecord, T extends TransitionRecord>(
  { transitions }: AttemptFold<A, T>,
  event: AttemptEvent,
  addTransition: (transition: TransitionRecord) => T,
): boolean {
  const time = reachedAt(event);
  const known = transitions.find((t) => t.phase === event.phase);
  if (known === undefined) {
    const next = transitions.findIndex((t) => phaseRank(t.phase as Phase) > phaseRank(event.phase));
    transitions.splice(
      next < 0 ? transitions.length : next,
      0,
      addTransition({ phase: event.phase, version: event.version, start_time: time, end_time: null }),
    );
    return true;
  }
  let changed = false;
  if (event.version > known.version) {
    known.version = event.version;
    changed = true;
  }
  if (time < known.start_time) {
    known.start_time = time;
    changed = true;
  }
  return changed;
}

/**
 * Each transition ends where the next one begins, the terminal one where the attempt ends; and none begins after the next one, however
 * far apart the clocks are of those who reported them.
 */
function closeHistory<A extends AttemptRecord, T extends TransitionRecord>(fold: AttemptFold<A, T>): boolean {
  const { attempt, transitions } = fold;
  let changed = false;
  for (let i = transitions.length - 1; i >= 0; i--) {
    const transition = transitions[i];
    if (transition === undefined) continue;
    const next = transitions[i + 1]?.start_time;
    if (next !== undefined && transition.start_time > next) {
      transition.start_time = next;
      changed = true;
    }
    const end = next ?? attempt.end_time;
    const bounded = end === null || end > transition.start_time ? end : transition.start_time;
    if (transition.end_time !== bounded) {
      transition.end_time = bounded;
      changed = true;
    }
  }
  const begin = transitions[0]?.start_time;
  if (begin !== undefined && begin !== attempt.start_time) {
    attempt.start_time = begin;
    changed = true;
  }
  return changed;
}

function foldFields(attempt: AttemptRecord, event: AttemptEvent): boolean {
  const { fields } = event;
  const present = FIELDS.filter((field) => fields[field] !== undefined);
  if (present.length === 0) return false;
  const order = eventOrder(event.phase, event.version);
  const versions: Record<string, number> =
    attempt.field_versions === '{}' ? {} : JSON.parse(attempt.field_versions);
  let changed = false;
  for (const field of present) {
    const last = versions[field];
    if (last !== undefined && last >= order) continue;
    setField(attempt, field, fields);
    if (field === 'outputs') attempt.output_uri = event.outputUri ?? null;
    versions[field] = order;
    changed = true;
  }
  if (changed) attempt.field_versions = JSON.stringify(versions);
  return changed;
}

function setField<F extends (typeof FIELDS)[number]>(
  attempt: AttemptRecord,
  field: F,
  fields: AttemptFields,
): void {
  const value = fields[field];
  if (value !== undefined) (attempt as AttemptFields)[field] = value;
}

/** The first time at which the attempt ran, if it did. */
export function runningSince(transitions: readonly TransitionRecord[]): Instant | undefined {
  return transitions.find((t) => t.phase === 'RUNNING')?.start_time;
}
