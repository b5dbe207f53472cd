import { describe, expect, it } from 'vitest';
import { type ActionStep, foldIntoAction, reopenForAttempt } from './fold-action.ts';
import { PHASES, type Phase } from './phase.ts';
import type { ActionRecord } from './records.ts';

const at = (second: number) => `2026-11-21T00:00:${String(second).padStart(2, '0')}.000000Z`;

const action = (more: Partial<ActionRecord> = {}): ActionRecord => ({
  action_type: 'TASK',
  phase: 'RUNNING',
  attempts: 1,
  max_attempts: 3,
  start_time: at(10),
  end_time: null,
  duration_ms: null,
  cache_status: 0,
  error_kind: null,
  error_line: null,
  abort_reason: null,
  aborted_by: null,
  ...more,
});

const step = (phase: Phase, more: Partial<ActionStep> = {}): ActionStep => ({
  attempt: 1,
  phase,
  time: at(20),
  decides: false,
  ...more,
});

function folded(before: ActionRecord, ...steps: ActionStep[]) {
  const changed = steps.map((one) => foldIntoAction(before, one));
  return { ...before, changed };
}

describe('folding into an action', () => {
  it.each<[Phase, Phase, Phase]>([
    ['QUEUED', 'RUNNING', 'RUNNING'],
    ['RUNNING', 'QUEUED', 'RUNNING'],
    ['RUNNING', 'PAUSED', 'PAUSED'],
    ['PAUSED', 'RUNNING', 'PAUSED'],
    ['INITIALIZING', 'WAITING_FOR_RESOURCES', 'INITIALIZING'],
    ['PAUSED', 'SUCCEEDED', 'SUCCEEDED'],
    ['RUNNING', 'ABORTED', 'ABORTED'],
    ['RUNNING', 'RECOVERED', 'RECOVERED'],
  ])('from %s, %s makes it %s', (from, said, becomes) => {
    expect(folded(action({ phase: from }), step(said))).toMatchObject({
      phase: becomes,
      changed: [from !== becomes],
    });
  });

  it('leaves a terminal action as it is, whatever comes', () => {
    for (const terminal of ['SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT', 'RECOVERED'] as const) {
      const before = action({ phase: terminal, end_time: at(15), duration_ms: 5000 });
      const steps = PHASES.flatMap((phase) => [
        step(phase, { attempt: 2 }),
        step(phase, { decides: true }),
        step(phase, { attempt: 9, decides: true }),
      ]);
      expect(folded({ ...before }, ...steps)).toEqual({ ...before, changed: steps.map(() => false) });
    }
  });

  it('waits after FAILED and TIMED_OUT while a further attempt is allowed', () => {
    for (const phase of ['FAILED', 'TIMED_OUT'] as const) {
      expect(folded(action(), step(phase))).toMatchObject({
        phase: 'RUNNING',
        end_time: null,
        changed: [false],
      });
      expect(folded(action(), step(phase, { decides: true }))).toMatchObject({ phase, end_time: at(20) });
      expect(folded(action({ attempts: 3 }), step(phase, { attempt: 3 }))).toMatchObject({ phase });
      expect(folded(action({ action_type: 'TRACE' }), step(phase))).toMatchObject({ phase });
    }
  });

  it('begins each attempt as QUEUED and never goes back to an older one', () => {
    expect(folded(action(), step('QUEUED', { attempt: 2 }))).toMatchObject({ phase: 'QUEUED', attempts: 2 });
    expect(folded(action(), step('RUNNING', { attempt: 3 }))).toMatchObject({
      phase: 'RUNNING',
      attempts: 3,
    });
    expect(folded(action(), step('FAILED', { attempt: 2 }))).toMatchObject({
      phase: 'QUEUED',
      attempts: 2,
      changed: [true],
    });
    const second = action({ attempts: 2, phase: 'QUEUED' });
    expect(folded(second, step('SUCCEEDED'), step('FAILED', { decides: true }))).toMatchObject({
      phase: 'QUEUED',
      attempts: 2,
      changed: [false, false],
    });
  });

  it('ends at the end that was given, never before it began, and lasts as long as was said', () => {
    expect(folded(action(), step('SUCCEEDED', { endTime: at(18) }))).toMatchObject({
      end_time: at(18),
      duration_ms: 8000,
    });
    expect(folded(action(), step('SUCCEEDED', { endTime: at(3) }))).toMatchObject({
      end_time: at(10),
      duration_ms: 0,
    });
    expect(folded(action(), step('SUCCEEDED', { durationMs: 77 }))).toMatchObject({
      end_time: at(20),
      duration_ms: 77,
    });
  });
});

describe('reopening an action', () => {
  const failed = { phase: 'FAILED', end_time: at(15), duration_ms: 1, error_kind: 'USER', error_line: 'x' };

  it('makes room for a further attempt of one that failed', () => {
    const state = action(failed);
    reopenForAttempt(state, 2);
    expect(folded(state, step('RUNNING', { attempt: 2 }))).toMatchObject({
      phase: 'RUNNING',
      attempts: 2,
      end_time: null,
      duration_ms: null,
      error_kind: null,
      error_line: null,
    });
  });

  it('does nothing for the same attempt, or for what ended otherwise', () => {
    for (const [state, attempt] of [
      [action(failed), 1],
      [action({ ...failed, phase: 'SUCCEEDED' }), 2],
      [action({ ...failed, phase: 'ABORTED' }), 2],
      [action(), 2],
    ] as const) {
      const before = { ...state };
      reopenForAttempt(state, attempt);
      expect(state).toEqual(before);
    }
  });
});
