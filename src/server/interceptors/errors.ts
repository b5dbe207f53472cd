import type { ConnectError, Interceptor, StreamRequest, StreamResponse } from '@connectrpc/connect';
import { toConnectError } from '../../rpc/errors.ts';
import { requestIdKey } from '../../rpc/request-id.ts';
import { callKey } from '../call.ts';
import { drainingError, goneError } from '../call-errors.ts';
import type { Draining } from '../draining.ts';
import { untilAborted } from './until-aborted.ts';

/**
 * The outermost interceptor. Everything that is thrown, by handlers, by what they read and in the middle of
 * streams, becomes a code and a sentence and is noted in the call. A call ends when its deadline passes or
 * its client is gone, and a stream when draining begins, whether or not its handler listens to its signal.
 * Services in `endThemselves` see draining on their own.
 */
export function errorInterceptor(draining: Draining, endThemselves: ReadonlySet<string>): Interceptor {
  return (next) => async (request) => {
    const requestId = request.contextValues.get(requestIdKey);
    const failed = (error: unknown): ConnectError => {
      const mapped = toConnectError(error, requestId);
      const call = request.contextValues.get(callKey);
      if (call) call.failure ??= mapped;
      return mapped;
    };
    if (!request.stream) {
      try {
        return await untilAborted(next(request), request.signal);
      } catch (error) {
        throw failed(error);
      }
    }
    const cuts = !endThemselves.has(request.service.typeName);
    const link = linkSignals(request, cuts ? draining : undefined);
    try {
      const response = await untilAborted(next({ ...request, signal: link.signal }), link.signal);
      if (!response.stream) throw new Error(`${request.method.name} answered a stream with a single message`);
      return { ...response, message: guard(response, link, failed) };
    } catch (error) {
      link.release();
      throw failed(error);
    }
  };
}

interface Link {
  signal: AbortSignal;
  release(): void;
}

/** A signal for the handler of a stream that is aborted with the request's or when draining begins. */
function linkSignals(request: StreamRequest, draining: Draining | undefined): Link {
  const controller = new AbortController();
  const aborted = () => controller.abort(request.signal.reason);
  if (request.signal.aborted) aborted();
  else request.signal.addEventListener('abort', aborted, { once: true });
  const forget = draining?.onBegin(() => controller.abort(drainingError()));
  return {
    signal: controller.signal,
    release() {
      request.signal.removeEventListener('abort', aborted);
      forget?.();
    },
  };
}

/** The messages of a stream: errors are mapped, the link is released at the end, and the signal ends each wait. */
function guard(
  response: StreamResponse,
  link: Link,
  failed: (error: unknown) => ConnectError,
): StreamResponse['message'] {
  return {
    [Symbol.asyncIterator]() {
      const inner = response.message[Symbol.asyncIterator]();
      // A handler that is blocked runs its `finally` only later; nobody waits for that.
      const abandon = () => {
        link.release();
        inner.return?.()?.catch(() => undefined);
      };
      return {
        async next() {
          try {
            const result = await untilAborted(inner.next(), link.signal);
            if (result.done) link.release();
            return result;
          } catch (error) {
            abandon();
            throw failed(error);
          }
        },
        async return(value) {
          // Only a client that stopped reading ends a stream from outside.
          failed(goneError());
          abandon();
          return { done: true, value };
        },
        async throw(error) {
          abandon();
          throw failed(goneError(error));
        },
      };
    },
  };
}
