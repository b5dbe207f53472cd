import { create } from '@bufbuild/protobuf';
import { Code, type HandlerContext } from '@connectrpc/connect';
import { type Status, StatusSchema } from '../../gen/google/rpc/status_pb.js';
import { DomainError } from '../../runs/errors.ts';
import { toConnectError } from '../errors.ts';
import { requestIdKey } from '../request-id.ts';
import type { RunDeps } from '../run/deps.ts';
import { pipeline } from './pipeline.ts';

/** How many messages of one stream are worked on at once: two transactions of them while as many wait for their turn, so that none begins with few. */
const WINDOW = 2048;

/** The status of what was done. */
export const OK: Status = create(StatusSchema);

/** The status that a refusal becomes in an answer. */
export function refusalStatus(error: DomainError): Status {
  const { code, rawMessage } = toConnectError(error, '');
  return create(StatusSchema, { code, message: rawMessage });
}

/** Does the work of a unary call: a refusal becomes its answer's status; anything else fails the call. */
export async function statusOfCall(work: () => Promise<void>): Promise<Status> {
  try {
    await work();
    return OK;
  } catch (error) {
    if (error instanceof DomainError && error.code !== 'unavailable' && error.code !== 'resource_exhausted') {
      return refusalStatus(error);
    }
    throw error;
  }
}

/**
 * Answers each message of a stream, in their order, with a status of its own: whatever one message meets, the stream and the other
 * messages go on.
 */
export function answerEach<I, O>(
  deps: Pick<RunDeps, 'logger'>,
  requests: AsyncIterable<I>,
  context: HandlerContext,
  work: (request: I) => Promise<void>,
  answer: (request: I, status: Status) => O,
): AsyncIterable<O> {
  const requestId = context.values.get(requestIdKey);
  const one = async (request: I): Promise<O> => {
    try {
      await work(request);
      return answer(request, OK);
    } catch (error) {
      const { code, rawMessage } = toConnectError(error, requestId);
      if (code === Code.Internal)
        deps.logger.error({ err: error, requestId }, 'a message of a stream failed');
      return answer(request, create(StatusSchema, { code, message: rawMessage }));
    }
  };
  return pipeline(requests, one, WINDOW);
}
