import type { SignalEventRequest } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { signalCondition } from '../../repository/write/commands/signal.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { payloadLiteral } from '../../runs/signal-value.ts';
import { anonymousBytes, namedAction, type RunDeps } from './deps.ts';

/** RunService.SignalEvent: a paused condition succeeds with the value. */
export function signalEvent(deps: RunDeps) {
  return async ({ actionId, parentActionName, payload }: SignalEventRequest) => {
    if (payload === undefined) throw invalidArgument('payload must be set');
    const { key, stored } = namedAction(deps, 'RUN', actionId);
    const value = payloadLiteral(payload.value);
    await deps.writer.submit(
      signalCondition({ key, stored, parent: parentActionName, value, by: anonymousBytes }),
    );
    return {};
  };
}
