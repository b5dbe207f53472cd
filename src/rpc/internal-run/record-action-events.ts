import { create } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import {
  RecordActionEventRequestSchema,
  type RecordActionEventStreamRequest,
  RecordActionEventStreamResponseSchema,
  type RecordActionEventsRequest,
} from '../../gen/flyteidl2/workflow/internal_run_service_pb.js';
import type { ActionEvent } from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import { type Status, StatusSchema } from '../../gen/google/rpc/status_pb.js';
import { type RecordedEvent, recordEvents } from '../../repository/write/commands/record-events.ts';
import { DomainError, invalidArgument } from '../../runs/errors.ts';
import type { RunDeps } from '../run/deps.ts';
import { checkMessage } from '../validation.ts';
import { answerEach, OK, refusalStatus } from './answer.ts';
import { readActionEvent } from './read-request.ts';

const MAX_NAMED_REFUSALS = 10;

/**
 * InternalRunService.RecordActionEvents: folds many events in one transaction. An event that is refused does not disturb the others; the
 * status is that of the first refusal and names which events were refused and why.
 */
export function recordActionEvents(deps: RunDeps) {
  return async ({ events }: RecordActionEventsRequest) => {
    const outcomes = events.map((event) => read(deps, event));
    const readable = outcomes.filter(
      (outcome): outcome is RecordedEvent => !(outcome instanceof DomainError),
    );
    const refusals = readable.length === 0 ? [] : await deps.writer.submit(recordEvents(readable));
    const later = refusals.values();
    const all = outcomes.map((outcome) => (outcome instanceof DomainError ? outcome : later.next().value));
    return { status: summary(all) };
  };
}

/** InternalRunService.RecordActionEventStream: one event a message, each answer with its message's nonce. */
export function recordActionEventStream(deps: RunDeps) {
  return (requests: AsyncIterable<RecordActionEventStreamRequest>, context: HandlerContext) =>
    answerEach(deps, requests, context, {
      async work({ request }) {
        if (request === undefined) throw invalidArgument('request must be set');
        checkMessage(RecordActionEventRequestSchema, request);
        const event = readActionEvent(deps, 'RUN', request.event);
        return deps.writer.submit(recordEvents([event])).then(throwFirst);
      },
      reply({ request, nonce }) {
        const id = request?.event?.id;
        return (status) =>
          create(RecordActionEventStreamResponseSchema, {
            response: { ...(id ? { actionId: id } : {}), status },
            nonce,
          });
      },
    });
}

function throwFirst([refusal]: readonly (DomainError | undefined)[]): void {
  if (refusal !== undefined) throw refusal;
}

function read(deps: RunDeps, event: ActionEvent): RecordedEvent | DomainError {
  try {
    return readActionEvent(deps, 'RUN', event);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

function summary(outcomes: readonly (DomainError | undefined)[]): Status {
  const refused = outcomes.flatMap((error, index) => (error === undefined ? [] : [{ error, index }]));
  const [first] = refused;
  if (first === undefined) return OK;
  const named = refused
    .slice(0, MAX_NAMED_REFUSALS)
    .map(({ error, index }) => `events[${index}]: ${error.message}`);
  const more = refused.length - named.length;
  return create(StatusSchema, {
    code: refusalStatus(first.error).code,
    message: `${refused.length} of ${outcomes.length} events were refused, the others are recorded: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
  });
}
