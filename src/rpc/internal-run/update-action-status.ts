import { create } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import type { ActionIdentifier } from '../../gen/flyteidl2/common/identifier_pb.js';
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
    response(request.actionId, await statusOfCall(async () => update(deps, request)));
}

/** InternalRunService.UpdateActionStatusStream: the same for each message, each answer with its message's nonce. */
export function updateActionStatusStream(deps: RunDeps) {
  return (requests: AsyncIterable<UpdateActionStatusStreamRequest>, context: HandlerContext) =>
    answerEach(deps, requests, context, {
      async work({ request }) {
        if (request === undefined) throw invalidArgument('request must be set');
        checkMessage(UpdateActionStatusRequestSchema, request);
        return update(deps, request);
      },
      reply({ request, nonce }) {
        const id = request?.actionId;
        return (status) =>
          create(UpdateActionStatusStreamResponseSchema, { response: response(id, status), nonce });
      },
    });
}

function update(deps: RunDeps, request: UpdateActionStatusRequest): Promise<unknown> {
  return deps.writer.submit(updateStatus(readStatusUpdate(deps, request)));
}

function response(id: ActionIdentifier | undefined, status: Status): UpdateActionStatusResponse {
  return create(UpdateActionStatusResponseSchema, { ...(id ? { actionId: id } : {}), status });
}
