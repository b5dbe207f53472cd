import { DomainError, failedPrecondition } from '../../../runs/errors.ts';
import type { ClusterEventRecord } from '../../../runs/event.ts';
import { reopenForAttempt } from '../../../runs/fold-action.ts';
import { ROOT_ACTION, type RunKey } from '../../../runs/identity.ts';
import { quote } from '../../../runs/names.ts';
import { isTerminal, type Phase } from '../../../runs/phase.ts';
import type { AttemptEvent } from '../../../runs/records.ts';
import type { Command, StoredRunKey } from '../command.ts';
import type { RunState } from '../states.ts';
import { actionNotFound, findRun, needAction } from './find.ts';
import { addOrFindAction, type NewAction, neededByNewAction } from './record-action.ts';

/** A `TrackedActionUpdate`, read. */
export interface TrackedUpdate {
  readonly name: string;
  readonly event: AttemptEvent;
  readonly clusterEvents: readonly ClusterEventRecord[];
  /** What the action is, if the update says so; without it the action must be known. */
  readonly action: NewAction | undefined;
  /** The status that goes with the event: it decides over the action. */
  readonly status: { readonly event: AttemptEvent; readonly durationMs?: number | undefined } | undefined;
}

/**
 * Takes what a tracked run reports of its actions, in order. Each update has an outcome of its own: undefined, or why it was refused.
 * Repeats are acknowledged; what is reported of an aborted action, or of a run that was aborted, is refused.
 */
export function reportTracked(
  key: RunKey,
  stored: StoredRunKey,
  updates: readonly (TrackedUpdate | DomainError)[],
): Command<(DomainError | undefined)[]> {
  const readable = updates.filter((update): update is TrackedUpdate => !(update instanceof DomainError));
  return {
    runs: [stored],
    actions: [
      needAction(stored, ROOT_ACTION),
      ...readable.map(({ name, event }) => needAction(stored, name, [event.attempt])),
      ...readable.flatMap(({ status, name }) =>
        status ? [needAction(stored, name, [status.event.attempt])] : [],
      ),
      ...readable.flatMap(({ action }) => (action ? neededByNewAction(action) : [])),
    ],
    apply(unit) {
      const run = findRun(unit, 'TRACKED', key, stored);
      return updates.map((update) =>
        update instanceof DomainError
          ? update
          : refusal(run, () => {
              const existing = run.actions.get(update.name);
              // Who says himself that it was aborted, or says so again, is told nothing new.
              if (existing === undefined || update.event.phase !== 'ABORTED') {
                refuseAborted(existing?.row ?? run.actions.get(ROOT_ACTION)?.row);
              }
              if (existing === undefined && update.action === undefined)
                throw actionNotFound({ run: key, name: update.name });
              const state = update.action ? addOrFindAction(unit, run, update.action) : existing;
              if (state === undefined) return;
              const { event, clusterEvents, status } = update;
              reopenForAttempt(state.row, event.attempt);
              const ended = isTerminal(state.row.phase as Phase);
              // The event comes first and may already end the action: the duration that goes with it stands in the status.
              const durationMs = status?.event.phase === event.phase ? status.durationMs : undefined;
              unit.applyEvent(state, event, { decides: false, durationMs, clusterEvents });
              if (update.action?.event) unit.applyEvent(state, update.action.event, { decides: !ended });
              if (status !== undefined && !ended) {
                unit.applyEvent(state, status.event, { decides: true, durationMs: status.durationMs });
              }
            }),
      );
    },
  };
}

/** Runs one of the steps; a refusal becomes its outcome. */
function refusal(run: RunState, step: () => void): DomainError | undefined {
  try {
    step();
    return undefined;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // Should the step have begun to change the run in memory, nobody else may see that.
    run.doubtful = true;
    return error;
  }
}

function refuseAborted(row: { name: string; phase: string; abort_reason: string | null } | undefined): void {
  if (row?.phase !== 'ABORTED') return;
  throw failedPrecondition(
    `action ${quote(row.name)} was aborted${row.abort_reason ? `: ${row.abort_reason.slice(0, 200)}` : ''}`,
  );
}
