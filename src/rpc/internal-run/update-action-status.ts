import { create } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import {
  type UpdateActionStatusRequest,
  UpdateActionStatusRequestSchema,
  type UpdateActionStatusResponse,
  UpdateActionStatusResponseSchema,
  type UpdateActionStatusStreamRequest,
  UpdateActionStatusStreamResponseSchema,
} from '../../gen/flyteidl2/workflow/internal_run_service_pb.js';
import type { Status } from '../../gen/google/rpc/status_pb.js';
import { updateStatus } from '../../repository/write/commands/update-status.ts';
import { invalidArgument } from '../../runs/errors.ts';
import type { RunDeps } from '../run/deps.ts';
import { checkMessage } from '../validation.ts';
import { answerEach, statusOfCall } from './answer.ts';
import { readStatusUpdate } from './read-request.ts';

/** InternalRunService.UpdateActionStatus: what the executor decided over an action. */
export function updateActionStatus(deps: RunDeps) {
  return async (request: UpdateActionStatusRequest) =>
    response(request, await statusOfCall(() => update(deps, request)));
}

/** InternalRunService.UpdateActionStatusStream: the same for each message, each answer with its message's nonce. */
export function updateActionStatusStream(deps: RunDeps) {
  return (requests: AsyncIterable<UpdateActionStatusStreamRequest>, context: HandlerContext) =>
    answerEach(
      deps,
      requests,
      context,
      async ({ request }) => {
        if (request === undefined) throw invalidArgument('request must be set');
        checkMessage(UpdateActionStatusRequestSchema, request);
        await update(deps, request);
      },
      ({ request, nonce }, status) =>
        create(UpdateActionStatusStreamResponseSchema, { response: response(request, status), nonce }),
    );
}

async function update(deps: RunDeps, request: UpdateActionStatusRequest): Promise<void> {
  await deps.writer.submit(updateStatus(readStatusUpdate(deps, request)));
}

function response(
  request: UpdateActionStatusRequest | undefined,
  status: Status,
): UpdateActionStatusResponse {
  return create(UpdateActionStatusResponseSchema, {
    ...(request?.actionId ? { actionId: request.actionId } : {}),
    status,
  });
}
