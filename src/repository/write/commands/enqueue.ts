import { fromBinary } from '@bufbuild/protobuf';
import { CacheLookupScope, RunSpecSchema } from '../../../gen/flyteidl2/task/run_pb.js';
import type { ActionSpecRecord } from '../../../runs/action-spec.ts';
import { isTerminal, type Phase } from '../../../runs/phase.ts';
import { serialKey } from '../../../runs/serial-key.ts';
import { handOverAction } from '../../outbox-fill.ts';
import type { ActionState } from '../states.ts';
import type { Unit } from '../unit.ts';

/**
 * Puts a task that this unit made into the queue of the process executor, or an action into the outbox for the ActionsService that
 * executes it, in the same transaction: call it for every new action of a run that is executed. Does nothing for what is no task, is
 * not new, or has ended already (a cached or recovered one, or the child of an aborted one). `parent` is undefined for the root action;
 * otherwise the unit must have loaded it.
 */
export function enqueueTask(
  unit: Unit,
  action: ActionState,
  parent: ActionState | undefined,
  spec: ActionSpecRecord,
): void {
  // Conditions are told elsewhere too: their signals go there.
  if (unit.telling.actions) {
    handOverAction(unit, action);
    return;
  }
  const { row, run, fresh } = action;
  if (!spec.hasTarget) return; // It does not say what is to run: somebody else reports it.
  if (!fresh || row.action_type !== 'TASK' || run.row.kind !== 'RUN' || isTerminal(row.phase as Phase))
    return;
  const runSpec = fromBinary(RunSpecSchema, run.row.run_spec);
  const isGlobal = runSpec.cacheConfig?.cacheLookupScope === CacheLookupScope.GLOBAL;
  const cacheKey = spec.serializesCache ? action.made?.cache_key : undefined;
  unit.enqueue(action, parent, {
    maxQueuedMs: spec.times?.maxQueuedMs,
    deadlineMs: spec.times?.deadlineMs,
    runConcurrency: runSpec.maxActionConcurrency,
    serialKey: cacheKey ? serialKey({ ...run.row, isGlobal }, cacheKey) : undefined,
  });
}
