import type { ActionKey } from '../../../runs/identity.ts';
import { isTerminal, type Phase } from '../../../runs/phase.ts';
import type { AttemptEvent } from '../../../runs/records.ts';
import type { Command, StoredRunKey } from '../command.ts';
import { findAction, needAction, onlyAttempt, type RunKind } from './find.ts';

/** What an `UpdateActionStatusRequest` says of an action. */
export interface StatusUpdate {
  readonly key: ActionKey;
  readonly stored: StoredRunKey;
  readonly kind: RunKind;
  /** The status as an event of the attempt that it counts up to. */
  readonly event: AttemptEvent;
  readonly durationMs?: number | undefined;
  /** The result of a condition, as wire bytes of `core.Literal`. */
  readonly output?: Uint8Array | undefined;
  /** Who did it, as wire bytes of `EnrichedIdentity`. */
  readonly principal?: Uint8Array | undefined;
  readonly abortReason?: string | undefined;
}

/**
 * Moves an action to the status that its executor decided on: unlike an event, FAILED and TIMED_OUT end it here. A status that is older
 * than what is known, or that comes after the end, is acknowledged and changes nothing that it must not.
 */
export function updateStatus(update: StatusUpdate): Command<void> {
  return {
    runs: [update.stored],
    actions: [needAction(update.stored, update.key.name, onlyAttempt(update.event.attempt))],
    apply(unit) {
      const action = findAction(unit, update.kind, update.key, update.stored);
      const { row } = action;
      const ends =
        isTerminal(update.event.phase) &&
        !isTerminal(row.phase as Phase) &&
        update.event.attempt >= row.attempts;
      if (ends && update.event.phase === 'ABORTED') {
        row.abort_reason = update.abortReason ?? '';
        row.aborted_by = update.principal ?? null;
      }
      if (ends && update.event.phase === 'SUCCEEDED' && row.action_type === 'CONDITION') {
        row.output = update.output ?? null;
        row.signalled_by = update.principal ?? null;
      }
      unit.applyEvent(action, update.event, { decides: true, durationMs: update.durationMs });
    },
  };
}
