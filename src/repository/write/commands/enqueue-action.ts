import type { Command } from '../command.ts';
import { enqueueTask } from './enqueue.ts';
import { findAction, findRun } from './find.ts';
import { addOrFindAction, type NewAction, neededByNewAction } from './record-action.ts';

/** An action that a running task asks for. */
export interface EnqueuedAction extends NewAction {
  /** What it did in the run that this one recovers from; it does not run again then. */
  readonly recovered?: NewAction['event'];
  /** The value of a condition that was recovered, as wire bytes of `core.Literal`. */
  readonly recoveredValue?: Uint8Array | undefined;
  /** Whether this service runs tasks itself: then a new one goes into the queue in the same transaction. */
  readonly execute: boolean;
}

/**
 * Makes an action and, if it is a task that has to run, queues it, in one transaction. Again with the same place and kind it changes
 * nothing: callers retry. Throws not_found if the parent is not there: only a running task has children.
 */
export function enqueueAction(action: EnqueuedAction): Command<void> {
  return {
    runs: [action.stored],
    actions: neededByNewAction({ ...action, event: action.recovered ?? action.event }),
    apply(unit) {
      const run = findRun(unit, action.kind, action.key.run, action.stored);
      const parent = findAction(
        unit,
        action.kind,
        { run: action.key.run, name: action.parent },
        action.stored,
      );
      const known = run.actions.has(action.key.name);
      const state = addOrFindAction(unit, run, action);
      if (known) return;
      state.row.output = action.recoveredValue ?? null;
      const event = action.recovered ?? action.event;
      if (event !== undefined) unit.applyEvent(state, event, { decides: true });
      if (action.execute) enqueueTask(unit, state, parent, action.spec);
    },
  };
}
