import type { ActionKey } from '../../../runs/identity.ts';
import { type Instant, plusMillis } from '../../../runs/instant.ts';
import { isTerminal, type Phase } from '../../../runs/phase.ts';
import type { AttemptFields } from '../../../runs/records.ts';
import type { Row } from '../../schema.ts';
import type { Command, StoredRunKey } from '../command.ts';
import { earlier } from '../flush-executions.ts';
import type { ActionState } from '../states.ts';
import type { Unit } from '../unit.ts';
import { findAction, needAction } from './find.ts';

/** An execution that this executor holds: its row, and the action that it belongs to. */
export interface HeldExecution {
  readonly key: ActionKey;
  readonly stored: StoredRunKey;
  readonly row: Row<'executions'>;
}

/** The execution as it stands after a command; `phase` is the action's: ABORTED if somebody ended it meanwhile. */
export interface ExecutionStep {
  readonly phase: Phase;
  readonly row: Row<'executions'>;
}

/** The attempt becomes INITIALIZING, and the row is written. If the action has ended meanwhile its execution is over and nothing must be started. */
export function beginExecution(held: HeldExecution, fields: AttemptFields): Command<ExecutionStep> {
  return command(held, (unit, action) => {
    const phase = action.row.phase as Phase;
    if (isTerminal(phase)) return write(unit, phase, { ...held.row, state: 'DONE' });
    applyAttempt(unit, action, held, 'INITIALIZING', fields);
    return write(unit, action.row.phase as Phase, held.row);
  });
}

/** A process is there for the attempt: it becomes RUNNING, and the process is written down even if the action has ended meanwhile. */
export function executionStarted(
  held: HeldExecution,
  process: { pid: number; start: string },
  options: { maxRuntimeMs: number | undefined; fields: AttemptFields },
): Command<ExecutionStep> {
  return command(held, (unit, action) => {
    if (!isTerminal(action.row.phase as Phase)) applyAttempt(unit, action, held, 'RUNNING', options.fields);
    const { maxRuntimeMs } = options;
    return write(unit, action.row.phase as Phase, {
      ...held.row,
      state: 'RUNNING',
      pid: process.pid,
      pid_start: process.start,
      started_at: unit.now,
      expires_at: earlier(
        maxRuntimeMs === undefined ? null : plusMillis(unit.now, maxRuntimeMs),
        held.row.deadline_at,
      ),
    });
  });
}

/** How an attempt ended, and what comes next. */
export interface ExecutionEnd {
  readonly phase: Extract<Phase, 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT'>;
  readonly fields: AttemptFields;
  readonly outputUri?: string | undefined;
  /** Set if another attempt follows. */
  readonly retry?: { readonly after: 'user' | 'system'; readonly delayMs: number } | undefined;
  /** Goes into the cache of task results if the action ends with this. */
  readonly cache?: Row<'task_cache'> | undefined;
}

/**
 * An attempt is over, and no process of it is left: the action ends, or waits for its next attempt. An action that has ended
 * otherwise (it was aborted) stays as it is; then only its execution is over.
 */
export function endExecution(held: HeldExecution, end: ExecutionEnd): Command<ExecutionStep> {
  return command(held, (unit, action) => {
    const { row } = held;
    if (isTerminal(action.row.phase as Phase)) {
      return write(unit, action.row.phase as Phase, { ...row, state: 'DONE' });
    }
    if (end.retry === undefined) {
      applyAttempt(unit, action, held, end.phase, end.fields, end.outputUri);
      if (end.cache !== undefined) unit.cached.push({ ...end.cache, created_at: unit.now });
      return write(unit, end.phase, { ...row, state: 'DONE', expires_at: null });
    }
    // The next attempt comes first: then the failure of this one is not the end of the action, however many attempts the task allows.
    const next = row.attempt + 1;
    unit.applyEvent(
      action,
      { attempt: next, phase: 'QUEUED', version: 0, time: unit.now, fields: {} },
      { decides: true },
    );
    applyAttempt(unit, action, held, end.phase, end.fields, end.outputUri);
    return write(unit, action.row.phase as Phase, nextAttempt(row, end.retry, unit.now));
  });
}

/** Nothing is to be done any more for an action that has ended, and no process of it is left. */
export function dismissExecution(held: HeldExecution): Command<ExecutionStep> {
  return command(held, (unit, action) =>
    write(unit, action.row.phase as Phase, { ...held.row, state: 'DONE', expires_at: null }),
  );
}

function nextAttempt(
  row: Row<'executions'>,
  retry: NonNullable<ExecutionEnd['retry']>,
  now: Instant,
): Row<'executions'> {
  const notBefore = plusMillis(now, retry.delayMs);
  const queuedUntil = row.max_queued_ms === null ? null : plusMillis(notBefore, row.max_queued_ms);
  return {
    ...row,
    state: 'WAITING',
    attempt: row.attempt + 1,
    user_failures: row.user_failures + Number(retry.after === 'user'),
    system_failures: row.system_failures + Number(retry.after === 'system'),
    pid: null,
    pid_start: null,
    queued_at: now,
    not_before: notBefore,
    started_at: null,
    expires_at: earlier(queuedUntil, row.deadline_at),
  };
}

function command(
  held: HeldExecution,
  apply: (unit: Unit, action: ActionState) => ExecutionStep,
): Command<ExecutionStep> {
  const { key, stored, row } = held;
  return {
    runs: [stored],
    actions: [needAction(stored, key.name, [row.attempt, 'latest'])],
    apply: (unit) => apply(unit, findAction(unit, 'RUN', key, stored)),
  };
}

function applyAttempt(
  unit: Unit,
  action: ActionState,
  { row }: HeldExecution,
  phase: Phase,
  fields: AttemptFields,
  outputUri?: string,
): void {
  unit.applyEvent(
    action,
    { attempt: row.attempt, phase, version: 0, time: unit.now, fields, outputUri },
    { decides: true },
  );
}

function write(unit: Unit, phase: Phase, row: Row<'executions'>): ExecutionStep {
  unit.updateExecution(row);
  return { phase, row };
}
