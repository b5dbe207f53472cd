import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import {
  DataProxyService,
  type TailLogsRequest,
  type TailLogsResponse,
} from '../gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import type { RemoteLogs } from '../logs/remote-logs.ts';
import { DomainError, type DomainErrorCode } from '../runs/errors.ts';

/** What is about the request, so that its caller may read it as it is. */
const PASSED_ON = new Map<Code, DomainErrorCode>([
  [Code.NotFound, 'not_found'],
  [Code.InvalidArgument, 'invalid_argument'],
  [Code.FailedPrecondition, 'failed_precondition'],
  [Code.ResourceExhausted, 'resource_exhausted'],
  [Code.DataLoss, 'data_loss'],
]);

/** Logs of what the service at `url` executes: they lie there, and its DataProxyService is asked for them. */
export function createRemoteLogs(transport: Transport, url: string): RemoteLogs {
  const client = createClient(DataProxyService, transport);
  return {
    async *tail(request: TailLogsRequest, signal: AbortSignal): AsyncGenerator<TailLogsResponse> {
      try {
        // Followed for as long as the task runs: the deadline of calls is not for this one.
        yield* client.tailLogs(request, { signal, timeoutMs: 0 });
      } catch (error) {
        signal.throwIfAborted();
        throw explain(ConnectError.from(error, Code.Unavailable), url);
      }
    },
  };
}

function explain(error: ConnectError, url: string): DomainError {
  const { code, rawMessage } = error;
  const passed = PASSED_ON.get(code);
  if (passed !== undefined) return new DomainError(passed, rawMessage || Code[code], { cause: error });
  if (code === Code.Unimplemented) {
    const sentence = `the tasks of this service run at ${url}, which does not serve their logs; GetActionDetails names places of logs that were reported to it`;
    return new DomainError('unimplemented', sentence, { cause: error });
  }
  if (code === Code.Unauthenticated || code === Code.PermissionDenied) {
    const sentence = `the logs lie at ${url}, which does not let this service read them: ${rawMessage}`;
    return new DomainError('failed_precondition', sentence, { cause: error });
  }
  return new DomainError('unavailable', `the logs lie at ${url}, which gave no answer: ${rawMessage}`, {
    cause: error,
  });
}
