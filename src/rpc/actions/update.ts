import type { UpdateRequest } from '../../gen/flyteidl2/actions/actions_service_pb.js';
import { updateStatus } from '../../repository/write/commands/update-status.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { readStatus } from '../internal-run/read-request.ts';
import { namedAction } from '../run/deps.ts';
import type { ActionsDeps } from './deps.ts';

/** ActionsService.Update: what an executor decided over an action; the attempt that the request names counts. */
export function update(deps: ActionsDeps) {
  return async ({ actionId, attempt, status }: UpdateRequest) => {
    if (status === undefined) throw invalidArgument('status must be set');
    const { event, durationMs } = readStatus(status, deps.clock());
    await deps.writer.submit(
      updateStatus({ ...namedAction(deps, 'RUN', actionId), event: { ...event, attempt }, durationMs }),
    );
    return {};
  };
}
