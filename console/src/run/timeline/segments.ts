import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import type { ActionDetails } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { isTerminal } from '../../shared/phase.ts';
import { milliseconds, type TreeItem, typeOf } from '../tree/item.ts';

/** What an attempt was doing, as a bar shows it. */
export type Part = 'queued' | 'waiting' | 'starting' | 'running' | 'paused';

/** A stretch of a bar. */
export interface Segment {
  readonly part: Part;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Counted from 1; 0 if it stands for the whole action. */
  readonly attempt: number;
  /** How the attempt ended, or where it stands. */
  readonly phase: ActionPhase;
}

/** What is kept of an action's details: how each attempt went from phase to phase. */
export interface Attempt {
  readonly attempt: number;
  readonly phase: ActionPhase;
  /** NaN while it goes on. */
  readonly end: number;
  readonly steps: readonly { readonly phase: ActionPhase; readonly start: number; readonly end: number }[];
}

/** How long something took, in milliseconds by what was done. */
export type Split = Record<Part, number>;

/** What a phase is on a bar; undefined for ends, which have no length. */
export function partOf(phase: ActionPhase): Part | undefined {
  switch (phase) {
    case ActionPhase.QUEUED:
      return 'queued';
    case ActionPhase.WAITING_FOR_RESOURCES:
      return 'waiting';
    case ActionPhase.INITIALIZING:
      return 'starting';
    case ActionPhase.RUNNING:
      return 'running';
    case ActionPhase.PAUSED:
      return 'paused';
    default:
      return undefined;
  }
}

/** Takes from an action's details what bars need. */
export function attemptsOf(details: ActionDetails | undefined): Attempt[] {
  return (details?.attempts ?? []).map((attempt) => ({
    attempt: attempt.attempt,
    phase: attempt.phase,
    end: milliseconds(attempt.endTime),
    steps: attempt.phaseTransitions.map((step) => ({
      phase: step.phase,
      start: milliseconds(step.startTime),
      end: milliseconds(step.endTime),
    })),
  }));
}

/**
 * The stretches of an action's bar, in the order of time, the last one up to `now` if it goes on. Without its attempts there is one
 * stretch for all of it: what is listed says when an action began and ended, not what it did in between.
 */
export function segments(item: TreeItem, attempts: readonly Attempt[] | undefined, now: number): Segment[] {
  // What is reported once it is over was queued all the time, by its phases.
  if (typeOf(item.action) === 'trace') return whole(item, now);
  const found = (attempts ?? []).flatMap((attempt) => segmentsOf(attempt, now));
  return found.length > 0 ? found : whole(item, now);
}

/** How long the attempts did what. */
export function splitOf(attempts: readonly Attempt[], now: number): Split {
  const split: Split = { queued: 0, waiting: 0, starting: 0, running: 0, paused: 0 };
  for (const attempt of attempts) {
    for (const { part, from, to } of segmentsOf(attempt, now)) split[part] += to - from;
  }
  return split;
}

function segmentsOf({ attempt, phase, end, steps }: Attempt, now: number): Segment[] {
  return steps.flatMap((step, i) => {
    const part = partOf(step.phase);
    if (part === undefined || Number.isNaN(step.start)) return [];
    const until = firstKnown(step.end, steps[i + 1]?.start, end, isTerminal(phase) ? step.start : now);
    return [{ part, from: step.start, to: Math.max(step.start, until), attempt, phase }];
  });
}

function whole(item: TreeItem, now: number): Segment[] {
  if (Number.isNaN(item.start)) return [];
  const to = Number.isNaN(item.end) ? (isOver(item) ? item.start : now) : item.end;
  return [
    {
      part: partOf(item.phase) ?? 'running',
      from: item.start,
      to: Math.max(item.start, to),
      attempt: 0,
      phase: item.phase,
    },
  ];
}

/** A group shows its worst member, and may still go on. */
function isOver(item: TreeItem): boolean {
  return item.kind === 'action' && isTerminal(item.phase);
}

function firstKnown(...times: (number | undefined)[]): number {
  return times.find((time) => time !== undefined && !Number.isNaN(time)) ?? Number.NaN;
}
