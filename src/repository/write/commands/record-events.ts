import { DomainError } from '../../../runs/errors.ts';
import type { ClusterEventRecord } from '../../../runs/event.ts';
import type { ActionKey } from '../../../runs/identity.ts';
import type { AttemptEvent } from '../../../runs/records.ts';
import { type Command, runKeyText, type StoredRunKey } from '../command.ts';
import type { ActionState } from '../states.ts';
import { findAction, needAction, type RunKind } from './find.ts';

/** An `ActionEvent`, read. */
export interface RecordedEvent {
  readonly key: ActionKey;
  readonly stored: StoredRunKey;
  readonly kind: RunKind;
  readonly event: AttemptEvent;
  readonly clusterEvents: readonly ClusterEventRecord[];
}

/** Folds events into their actions. Each has an outcome of its own: undefined, or why it was refused; its neighbours go through. */
export function recordEvents(events: readonly RecordedEvent[]): Command<(DomainError | undefined)[]> {
  return {
    runs: [...new Map(events.map(({ stored }) => [runKeyText(stored), stored])).values()],
    actions: events.map(({ key, stored, event }) => needAction(stored, key.name, [event.attempt])),
    apply: (unit) =>
      events.map(({ key, stored, kind, event, clusterEvents }) => {
        let action: ActionState;
        try {
          action = findAction(unit, kind, key, stored);
        } catch (error) {
          if (error instanceof DomainError) return error;
          throw error;
        }
        unit.applyEvent(action, event, { decides: false, clusterEvents });
        return undefined;
      }),
  };
}
