import { create } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import type { ActionIdentifier } from '../../gen/flyteidl2/common/identifier_pb.js';
import {
  type RecordActionRequest,
  RecordActionRequestSchema,
  type RecordActionResponse,
  RecordActionResponseSchema,
  type RecordActionStreamRequest,
  RecordActionStreamResponseSchema,
} from '../../gen/flyteidl2/workflow/internal_run_service_pb.js';
import type { Status } from '../../gen/google/rpc/status_pb.js';
import { recordAction as command } from '../../repository/write/commands/record-action.ts';
import { invalidArgument } from '../../runs/errors.ts';
import type { RunDeps } from '../run/deps.ts';
import { checkMessage } from '../validation.ts';
import { answerEach, statusOfCall } from './answer.ts';
import { readRecordAction } from './read-request.ts';

/** InternalRunService.RecordAction: a task, trace or condition of an existing run. Idempotent. */
export function recordAction(deps: RunDeps) {
  return async (request: RecordActionRequest) =>
    response(request.actionId, await statusOfCall(async () => record(deps, request)));
}

/** InternalRunService.RecordActionStream: the same for each message. */
export function recordActionStream(deps: RunDeps) {
  return (requests: AsyncIterable<RecordActionStreamRequest>, context: HandlerContext) =>
    answerEach(deps, requests, context, {
      async work({ request }) {
        if (request === undefined) throw invalidArgument('request must be set');
        checkMessage(RecordActionRequestSchema, request);
        return record(deps, request);
      },
      reply({ request }) {
        const id = request?.actionId;
        return (status) => create(RecordActionStreamResponseSchema, { response: response(id, status) });
      },
    });
}

function record(deps: RunDeps, request: RecordActionRequest): Promise<unknown> {
  return deps.writer.submit(command(readRecordAction(deps, request)));
}

function response(id: ActionIdentifier | undefined, status: Status): RecordActionResponse {
  return create(RecordActionResponseSchema, { ...(id ? { actionId: id } : {}), status });
}
