import { isTerminal, type Phase } from '../../../runs/phase.ts';
import type { ActionState } from '../states.ts';
import type { Unit } from '../unit.ts';

/** Why and by whom something was aborted; `by` is the wire bytes of an `EnrichedIdentity`. */
export interface Abort {
  readonly reason: string;
  readonly by: Uint8Array | null;
}

/** Ends an unfinished action and its newest attempt as ABORTED. One that has ended stays as it is. */
export function applyAbort(unit: Unit, action: ActionState, abort: Abort): void {
  if (isTerminal(action.row.phase as Phase)) return;
  action.row.abort_reason = abort.reason;
  action.row.aborted_by = abort.by;
  unit.applyEvent(
    action,
    { attempt: action.row.attempts, phase: 'ABORTED', version: 0, time: unit.now, fields: {} },
    { decides: true },
  );
}
