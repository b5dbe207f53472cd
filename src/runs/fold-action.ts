import { type Instant, millisBetween } from './instant.ts';
import { isRetryable, isTerminal, type Phase, phaseRank } from './phase.ts';
import type { ActionRecord } from './records.ts';

/** What an event, or a status, says of an action as a whole. */
export interface ActionStep {
  readonly attempt: number;
  readonly phase: Phase;
  /** When the action reached the phase. */
  readonly time: Instant;
  readonly endTime?: Instant | undefined;
  readonly durationMs?: number | undefined;
  /** True if whoever says it decides over the action (UpdateActionStatus, the status of a tracked update), not only over an attempt. */
  readonly decides: boolean;
}

/**
 * Moves an action by what one of its attempts did, in place; returns true if anything changed.
 *
 * The order is (attempt, rank of the phase): an action never goes back, and one that has ended stays as it is. SUCCEEDED, ABORTED and
 * RECOVERED end it. FAILED and TIMED_OUT end it only if the step decides, or if no further attempt is allowed; until then the action
 * keeps its phase and waits for the next attempt, which begins as QUEUED.
 */
export function foldIntoAction(action: ActionRecord, step: ActionStep): boolean {
  if (isTerminal(action.phase as Phase) || step.attempt < action.attempts) return false;
  const newAttempt = step.attempt > action.attempts;
  if (newAttempt) {
    action.attempts = step.attempt;
    action.phase = 'QUEUED';
  }
  if (isRetryable(step.phase) && !step.decides && allowsAnotherAttempt(action, step.attempt))
    return newAttempt;
  if (phaseRank(step.phase) <= phaseRank(action.phase as Phase)) return newAttempt;
  action.phase = step.phase;
  if (isTerminal(step.phase)) {
    const end = step.endTime ?? step.time;
    action.end_time = end > action.start_time ? end : action.start_time;
    action.duration_ms = step.durationMs ?? millisBetween(action.start_time, action.end_time);
  }
  return true;
}

/**
 * Opens an action that ended FAILED or TIMED_OUT for a further attempt, in place; does nothing otherwise. For those whose word decides over
 * the action: an SDK that runs tasks itself reports each failed attempt as the action's end, and then goes on with the next one.
 */
export function reopenForAttempt(action: ActionRecord, attempt: number): void {
  if (!isRetryable(action.phase as Phase) || attempt <= action.attempts) return;
  action.phase = 'QUEUED';
  action.end_time = null;
  action.duration_ms = null;
  action.error_kind = null;
  action.error_line = null;
}

function allowsAnotherAttempt(action: ActionRecord, attempt: number): boolean {
  return action.action_type === 'TASK' && attempt < action.max_attempts;
}
