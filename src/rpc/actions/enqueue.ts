import type { Action, EnqueueRequest } from '../../gen/flyteidl2/actions/actions_service_pb.js';
import { enqueueAction } from '../../repository/write/commands/enqueue-action.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { readSpec } from '../internal-run/read-request.ts';
import { checkName, checkUri } from '../run/checks.ts';
import { namedAction } from '../run/deps.ts';
import type { ActionsDeps } from './deps.ts';
import { enqueueRoot } from './enqueue-root.ts';

/**
 * ActionsService.Enqueue: a running task asks for a child. It is made and queued in one transaction; in a run that recovers another one, a
 * child that succeeded there is answered from there. Idempotent: callers try again after five seconds. An action without a parent is the
 * root of a run that another service hands to this one.
 */
export function enqueue(deps: ActionsDeps) {
  return async ({ action, runSpec }: EnqueueRequest) => {
    if (action === undefined) throw invalidArgument('action must be set');
    if (!action.parentActionName) {
      await enqueueRoot(deps, action, runSpec);
      return {};
    }
    const named = namedAction(deps, 'RUN', action.actionId);
    const parent = action.parentActionName;
    checkAction(action);
    const now = deps.clock();
    const source = await deps.recovery.sourceOf(named, now);
    await deps.writer.submit(
      enqueueAction({
        ...named,
        parent,
        group: action.group,
        subject: action.subject,
        inputUri: action.inputUri,
        ...readSpec(now, action.spec),
        recoveredFrom: action.recoveredFrom ?? source?.from,
        recovered: source?.event,
        recoveredValue: source?.value,
        execute: deps.executesTasks,
      }),
    );
    return {};
  };
}

function checkAction(action: Action): void {
  checkName(action.actionId?.name ?? '', 'action.action_id.name');
  checkName(action.parentActionName ?? '', 'action.parent_action_name');
  checkName(action.group, 'action.group');
  checkName(action.subject, 'action.subject');
  checkUri(action.inputUri, 'action.input_uri');
}
