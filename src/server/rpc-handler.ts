import { createRegistry, type DescMethod, type DescService } from '@bufbuild/protobuf';
import { base64Decode } from '@bufbuild/protobuf/wire';
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createConnectRouter,
  createContextValues,
  type HandlerContext,
  type Interceptor,
} from '@connectrpc/connect';
import type { UniversalHandler, UniversalServerResponse } from '@connectrpc/connect/protocol';
import { universalResponseToNodeResponse } from '@connectrpc/connect-node';
import type { ServerConfig } from '../config.ts';
import { ViolationsSchema } from '../gen/buf/validate/validate_pb.js';
import type { Logger } from '../logger.ts';
import { requestIdKey } from '../rpc/request-id.ts';
import { type Call, callKey, methodPath } from './call.ts';
import { blameSender, endedReason } from './call-errors.ts';
import { compressions } from './compression.ts';
import type { HttpRequest, HttpResponse } from './listener.ts';
import { failureOf, type Observer } from './observer.ts';
import { limitRequestTime } from './request-body.ts';
import type { StreamLimit } from './stream-limit.ts';
import { universalRequest } from './universal-request.ts';
import { compressMinBytes, recursionLimit } from './wire-options.ts';

/** What the RPCs of a server need. */
export interface RpcOptions {
  config: Pick<ServerConfig, 'tls' | 'readMaxBytes' | 'writeMaxBytes' | 'requestTimeoutMs'>;
  logger: Logger;
  observer: Observer;
  limit: StreamLimit;
  interceptors: Interceptor[];
  routes: (router: ConnectRouter) => void;
}

/** Answers RPCs in the protocols Connect, gRPC and gRPC-Web. */
export interface RpcHandler {
  /** The services that were registered, each once. */
  services: readonly DescService[];
  /** What kind of RPC has this path; undefined if none has. */
  kindOf(path: string): DescMethod['methodKind'] | undefined;
  /** Answers the request if its path is that of an RPC; returns whether it is. */
  handle(request: HttpRequest, response: HttpResponse, path: string, requestId: string): boolean;
}

/** A request by GET whose message is no base64 is its sender's mistake; Connect would answer INTERNAL. */
function checkQuery({ requestMethod, url }: HandlerContext): void {
  if (requestMethod !== 'GET') return;
  const query = new URL(url).searchParams;
  if (query.get('base64') !== '1') return;
  try {
    base64Decode(query.get('message') ?? '');
  } catch (cause) {
    throw new ConnectError('message is no base64', Code.InvalidArgument, undefined, undefined, cause);
  }
}

/** Connect ends each call by aborting its signal; without a reason that would make an error each time. */
function cheapenEnd(context: HandlerContext): void {
  if (!('abort' in context) || typeof context.abort !== 'function') return;
  const { abort } = context;
  Object.assign(context, { abort: (reason?: unknown) => abort(reason ?? endedReason) });
}

/**
 * Does what Connect's adapter for Node.js does, and beyond it: each call is observed from its header on (also
 * where it fails before an interceptor sees it, as a message that cannot be read does), its failures reach the
 * log, requests are bounded in time, and a client that sends too much still gets its answer.
 */
export function createRpcHandler(options: RpcOptions): RpcHandler {
  const { config, observer, logger, limit } = options;
  const router = createConnectRouter({
    acceptCompression: [...compressions],
    compressMinBytes,
    readMaxBytes: config.readMaxBytes,
    writeMaxBytes: config.writeMaxBytes,
    interceptors: options.interceptors,
    // The only messages that we put into the Any of a google.rpc.Status.
    jsonOptions: { registry: createRegistry(ViolationsSchema), recursionLimit },
    binaryOptions: { recursionLimit },
    requestGate: (context) => {
      const call = context.values.get(callKey);
      if (!call) return;
      call.context = context;
      checkQuery(context);
      cheapenEnd(context);
      // Connect aborts the call with its error before it sends it: the only place where both the error is known and the answer is open.
      context.signal.addEventListener('abort', () => blameSender(context.signal.reason), { once: true });
      if (call.method.methodKind !== 'unary') call.leave = limit.enter(call.client);
    },
  });
  options.routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  async function run(
    handler: UniversalHandler,
    request: HttpRequest,
    response: HttpResponse,
    call: Call,
  ): Promise<void> {
    const contextValues = createContextValues().set(callKey, call).set(requestIdKey, call.requestId);
    const universal = universalRequest(request, response, config.tls ? 'https' : 'http', contextValues);
    if (!universal) {
      response.statusCode = 400;
      response.end('the request has no usable host\n');
      return;
    }
    const started = performance.now();
    const unary = call.method.methodKind === 'unary';
    const closed = unary ? undefined : observer.streamOpened(call);
    const end = () => {
      closed?.();
      call.leave?.();
      // Without a context the request was no RPC: wrong method or content type, answered by a status.
      if (call.context)
        observer.ended(call, performance.now() - started, call.failure ?? failureOf(call.context.signal));
    };
    if (!unary) response.once('close', end);
    if (call.method.methodKind === 'unary' || call.method.methodKind === 'server_streaming') {
      limitRequestTime(request, config.requestTimeoutMs);
    }
    let answer: UniversalServerResponse;
    try {
      answer = await handler(universal);
    } finally {
      if (unary) end();
    }
    await universalResponseToNodeResponse(answer, response).catch((error: unknown) => {
      if (!universal.signal.aborted) throw error;
    });
  }

  return {
    services: [...new Set(router.handlers.map((handler) => handler.service))],
    kindOf: (path) => handlers.get(path)?.method.methodKind,
    handle(request, response, path, requestId) {
      const handler = handlers.get(path);
      if (!handler) return false;
      const client = request.socket.remoteAddress ?? 'unknown';
      const call: Call = { requestId, method: handler.method, client };
      run(handler, request, response, call).catch((error: unknown) => {
        logger.error({ err: error, rpc: methodPath(call.method), requestId }, 'no answer was sent');
        if (!response.headersSent) response.statusCode = 500;
        if (!response.writableEnded) response.end();
      });
      return true;
    },
  };
}
