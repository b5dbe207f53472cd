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
export async function statusOfCall(work: () => Promise<unknown>): Promise<Status> {
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

/** What is done for a message, and its answer once that has an outcome. */
export interface Work<I, O> {
  /** A refusal becomes the answer's status. */
  readonly work: (request: I) => Promise<unknown>;
  /** Takes what the answer needs of the message; the message itself is forgotten while it is worked on. */
  readonly reply: (request: I) => (status: Status) => O;
}

/**
 * Answers each message of a stream, in their order, with a status of its own: whatever one message meets, the stream and the other
 * messages go on. Messages are not kept until they are answered: a window of them, decoded, is more than the young generation of the heap
 * holds, and moving them out of it was a quarter of the work.
 */
export function answerEach<I, O>(
  deps: Pick<RunDeps, 'logger'>,
  requests: AsyncIterable<I>,
  context: HandlerContext,
  { work, reply }: Work<I, O>,
): AsyncIterable<O> {
  const requestId = context.values.get(requestIdKey);
  const statusOf = (error: unknown): Status => {
    const { code, rawMessage } = toConnectError(error, requestId);
    if (code === Code.Internal) deps.logger.error({ err: error, requestId }, 'a message of a stream failed');
    return create(StatusSchema, { code, message: rawMessage });
  };
  // Not async: its frame would hold the message.
  const one = (request: I): Promise<O> => {
    const answer = reply(request);
    return work(request).then(
      () => answer(OK),
      (error: unknown) => answer(statusOf(error)),
    );
  };
  return pipeline(requests, one, WINDOW);
}
