import type { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import type { PhaseTransition } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { milliseconds } from '../../run/tree/item.ts';
import { isTerminal } from '../../shared/phase.ts';

/** A piece of the small timeline of an attempt, in percent of its width. */
export interface Piece {
  readonly phase: ActionPhase;
  readonly left: number;
  readonly width: number;
}

/** The phases of an attempt as pieces of a line that is `longest` milliseconds long. Times are milliseconds since 1970. */
export function stripe(
  transitions: readonly Pick<PhaseTransition, 'phase' | 'startTime' | 'endTime'>[],
  from: number,
  to: number,
  longest: number,
): Piece[] {
  return transitions.flatMap(({ phase, startTime, endTime }) => {
    const start = milliseconds(startTime);
    if (isTerminal(phase) || Number.isNaN(start)) return [];
    const end = milliseconds(endTime);
    const left = percent(start - from, longest);
    const right = percent((Number.isNaN(end) ? to : end) - from, longest);
    return [{ phase, left, width: Math.max(0, right - left) }];
  });
}

function percent(part: number, whole: number): number {
  return Math.max(0, Math.min(100, (part / whole) * 100));
}
