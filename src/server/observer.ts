import { Code, ConnectError } from '@connectrpc/connect';
import type { Logger } from '../logger.ts';
import { type Call, methodPath } from './call.ts';
import type { Metrics } from './metrics.ts';

/** Counts and logs calls. */
export interface Observer {
  /** Called once per call, when its outcome is known. */
  ended(call: Call, durationMs: number, failure: ConnectError | undefined): void;
  /** A stream has begun; call the result once, when it is over. */
  streamOpened(call: Call): () => void;
}

const maxMessageLength = 500;

/** The code of a call as it stands in metrics and in the log: `ok`, `not_found`, … */
export function codeName(failure: ConnectError | undefined): string {
  if (!failure) return 'ok';
  return (Code[failure.code] ?? 'unknown').replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
}

/** One line per call: debug for success and for what clients end by themselves, warn for their mistakes, error for ours. */
function levelOf(failure: ConnectError | undefined, draining: boolean): 'debug' | 'warn' | 'error' {
  if (!failure || failure.code === Code.Canceled) return 'debug';
  if (failure.code === Code.Unavailable && draining) return 'debug';
  const ours =
    failure.code === Code.Internal || failure.code === Code.Unknown || failure.code === Code.DataLoss;
  return ours ? 'error' : 'warn';
}

/** Never logs messages, only their method, code, duration, request id and, for failures, the sentence and its cause. */
export function createObserver(logger: Logger, metrics: Metrics, isDraining: () => boolean): Observer {
  return {
    ended(call, durationMs, failure) {
      const code = codeName(failure);
      const labels = { service: call.method.parent.typeName, method: call.method.name };
      metrics.rpcRequests.inc({ ...labels, code });
      if (failure) metrics.rpcErrors.inc({ ...labels, code });
      metrics.rpcSeconds.observe(labels, durationMs / 1000);

      const level = levelOf(failure, isDraining());
      if (!logger.isLevelEnabled(level)) return;
      const fields = {
        rpc: methodPath(call.method),
        code,
        ms: Math.round(durationMs * 10) / 10,
        requestId: call.requestId,
        client: call.client,
        ...(failure && { error: failure.rawMessage.slice(0, maxMessageLength) }),
        // For our own failures, the original with its stack; for a database that is away, what it said.
        ...(failure?.cause !== undefined && level === 'error' && { err: failure.cause }),
        ...(failure?.code === Code.Unavailable &&
          failure.cause instanceof Error && { cause: failure.cause.message.slice(0, maxMessageLength) }),
      };
      logger[level](fields, `${call.method.name} ${code}`);
    },
    streamOpened(call) {
      const labels = { service: call.method.parent.typeName, method: call.method.name };
      metrics.openStreams.inc(labels);
      return () => metrics.openStreams.dec(labels);
    },
  };
}

/** The failure that a signal of a call was aborted with; undefined where that was only its end. */
export function failureOf(signal: AbortSignal | undefined): ConnectError | undefined {
  const reason: unknown = signal?.aborted ? signal.reason : undefined;
  if (reason === undefined || (reason instanceof Error && reason.name === 'AbortError')) return undefined;
  return reason instanceof ConnectError
    ? reason
    : new ConnectError('internal error', Code.Internal, undefined, undefined, reason);
}
