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
 * `addTransition` makes the record of a phase that is new to the history; `onChanged` is told of those that are known and become different.
 */
export function foldIntoAttempt<A extends AttemptRecord, T extends TransitionRecord>(
  fold: AttemptFold<A, T>,
  event: AttemptEvent,
  addTransition: (transition: TransitionRecord) => T,
  onChanged: (transition: T) => void = () => {},
): boolean {
  const { attempt } = fold;
  const phase = attempt.phase as Phase;
  // The attempt has ended otherwise; what contradicts that is acknowledged and not shown.
  if (isTerminal(phase) && isTerminal(event.phase) && phase !== event.phase) return false;

  let changed = foldHistory(fold, event, addTransition, onChanged);
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
  if (closeHistory(fold, onChanged)) changed = true;
  return changed;
}

function foldHistory<A extends AttemptRecord, T extends TransitionRecord>(
  { transitions }: AttemptFold<A, T>,
  event: AttemptEvent,
  addTransition: (transition: TransitionRecord) => T,
  onChanged: (transition: T) => void,
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
  if (changed) onChanged(known);
  return changed;
}

/**
 * Each transition ends where the next one begins, the terminal one where the attempt ends; and none begins after the next one, however
 * far apart the clocks are of those who reported them.
 */
function closeHistory<A extends AttemptRecord, T extends TransitionRecord>(
  fold: AttemptFold<A, T>,
  onChanged: (transition: T) => void,
): boolean {
  const { attempt, transitions } = fold;
  let changed = false;
  for (let i = transitions.length - 1; i >= 0; i--) {
    const transition = transitions[i];
    if (transition === undefined) continue;
    const next = transitions[i + 1]?.start_time;
    if (next !== undefined && transition.start_time > next) {
      transition.start_time = next;
      onChanged(transition);
      changed = true;
    }
    const end = next ?? attempt.end_time;
    const bounded = end === null || end > transition.start_time ? end : transition.start_time;
    if (transition.end_time !== bounded) {
      transition.end_time = bounded;
      onChanged(transition);
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

/**
 * What one event's fields do, by its order, the fields that it has (`present`, bits in the order of FIELDS) and the versions that were there:
 * which of them it sets, and the versions afterwards. Of many events in a row that is the same.
 */
interface FieldStep {
  readonly versions: string;
  readonly order: number;
  readonly present: number;
  readonly set: number;
  readonly after: string;
}

let lastStep: FieldStep = { versions: '{}', order: 0, present: 0, set: 0, after: '{}' };

function stepOf(versions: string, order: number, present: number): FieldStep {
  const known: Record<string, number> = versions === '{}' ? {} : JSON.parse(versions);
  let set = 0;
  FIELDS.forEach((field, i) => {
    const last = known[field];
    if ((present & (1 << i)) === 0 || (last !== undefined && last >= order)) return;
    set |= 1 << i;
    known[field] = order;
  });
  return { versions, order, present, set, after: set === 0 ? versions : JSON.stringify(known) };
}

function foldFields(attempt: AttemptRecord, event: AttemptEvent): boolean {
  const { fields } = event;
  let present = 0;
  for (let i = 0; i < FIELDS.length; i++) if (fields[FIELDS[i] ?? 'cluster'] !== undefined) present |= 1 << i;
  if (present === 0) return false;
  const order = eventOrder(event.phase, event.version);
  const versions = attempt.field_versions;
  if (lastStep.versions !== versions || lastStep.order !== order || lastStep.present !== present) {
    lastStep = stepOf(versions, order, present);
  }
  const { set, after } = lastStep;
  if (set === 0) return false;
  FIELDS.forEach((field, i) => {
    if ((set & (1 << i)) === 0) return;
    setField(attempt, field, fields);
    if (field === 'outputs') attempt.output_uri = event.outputUri ?? null;
  });
  attempt.field_versions = after;
  return true;
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
