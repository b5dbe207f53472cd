import { DomainError } from '../../../runs/errors.ts';
import type { ClusterEventRecord } from '../../../runs/event.ts';
import type { ActionKey } from '../../../runs/identity.ts';
import type { AttemptEvent } from '../../../runs/records.ts';
import { type Command, runKeyText, type StoredRunKey } from '../command.ts';
import type { ActionState } from '../states.ts';
import { findAction, needAction, onlyAttempt, type RunKind } from './find.ts';

/** An `ActionEvent`, read. */
export interface RecordedEvent {
  readonly key: ActionKey;
  readonly stored: StoredRunKey;
  readonly kind: RunKind;
  readonly event: AttemptEvent;
  readonly clusterEvents: readonly ClusterEventRecord[];
}

function runsOf(events: readonly RecordedEvent[]): StoredRunKey[] {
  const runs = new Map<string, StoredRunKey>();
  let last: StoredRunKey | undefined;
  for (const { stored } of events) {
    if (stored === last) continue;
    last = stored;
    runs.set(runKeyText(stored), stored);
  }
  return [...runs.values()];
}

/** Folds events into their actions. Each has an outcome of its own: undefined, or why it was refused; its neighbours go through. */
export function recordEvents(events: readonly RecordedEvent[]): Command<(DomainError | undefined)[]> {
  return {
    runs: runsOf(events),
    actions: events.map(({ key, stored, event }) => needAction(stored, key.name, onlyAttempt(event.attempt))),
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
