import { randomUUID } from 'node:crypto';
import type { ServerConfig } from '../config.ts';
import type { Logger } from '../logger.ts';
import type { Console } from './console/console.ts';
import { createCors } from './cors.ts';
import type { Draining } from './draining.ts';
import type { InFlight } from './in-flight.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from './listener.ts';
import type { Metrics } from './metrics.ts';
import { createPages, send, sendJson } from './pages.ts';
import type { Readiness } from './readiness.ts';
import type { RpcHandler } from './rpc-handler.ts';

/** A handler for all paths that begin with a prefix such as `/storage/`. */
export interface HttpRoute {
  readonly prefix: string;
  /** Answers the request; a rejection is logged and answered with 500. */
  handler(request: HttpRequest, response: HttpResponse): Promise<void> | void;
}

/** What is behind the port. */
export interface AppOptions {
  config: Pick<ServerConfig, 'cors'>;
  version: string;
  logger: Logger;
  metrics: Pick<Metrics, 'render'>;
  readiness: Readiness;
  draining: Draining;
  inFlight: Pick<InFlight, 'enter'>;
  rpc: RpcHandler;
  httpRoutes: readonly HttpRoute[];
  console?: Console;
}

/** Finds who answers a request: an RPC, the console, a page of our own, a route by its prefix, or 404. */
export function createApp(options: AppOptions): HttpHandler {
  const { rpc, httpRoutes, draining, inFlight, logger } = options;
  const cors = createCors(options.config.cors.allowedOrigins);
  const { version, metrics, readiness } = options;
  const pages = createPages({ metrics, readiness });
  pages.set('/', (response) =>
    sendJson(response, 200, {
      service: 'runs-service',
      version,
      pages: {
        '/healthz': 'the process answers',
        '/readyz': 'what it depends on',
        '/metrics': 'for Prometheus',
      },
      console: options.console ? 'open this address in a browser' : 'not built: make build',
      protocols: 'Connect, gRPC (reflection included) and gRPC-Web: POST /<service>/<method>',
      services: rpc.services.map(({ typeName }) => typeName),
    }),
  );

  const answer = async (request: HttpRequest, response: HttpResponse, requestId: string): Promise<void> => {
    if (cors(request, response)) return;
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const kind = rpc.kindOf(path);
    const route = kind === undefined ? httpRoutes.find(({ prefix }) => path.startsWith(prefix)) : undefined;
    inFlight.enter(response, {
      client: request.socket.remoteAddress ?? 'unknown',
      name: kind === undefined ? `${request.method} ${route?.prefix ?? path}` : path.slice(1),
      requestId,
      isStream: kind !== undefined && kind !== 'unary',
    });
    if (rpc.handle(request, response, path, requestId)) return;
    if (options.console?.handle(request, response, path)) return;
    const page = pages.get(path);
    if (page && (request.method === 'GET' || request.method === 'HEAD')) return page(response);
    if (route) return route.handler(request, response);
    send(
      response,
      page ? 405 : 404,
      'text/plain; charset=utf-8',
      page ? 'only GET and HEAD are possible here\n' : notFound,
    );
  };

  return (request, response) => {
    const requestId = requestIdOf(request.headers['x-request-id']);
    response.setHeader('x-request-id', requestId);
    if (draining.begun && request.httpVersionMajor === 1) response.setHeader('connection', 'close');
    answer(request, response, requestId).catch((error: unknown) => {
      logger.error({ err: error, requestId, method: request.method }, 'an HTTP request failed');
      if (response.headersSent) response.destroy();
      else send(response, 500, 'text/plain; charset=utf-8', `internal error; request id ${requestId}\n`);
    });
  };
}

const notFound = 'there is nothing at this path; GET / says what is\n';

/** The id that the client gave the request if it is fit for headers and logs, else one of ours. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\x21-\x7e]{1,128}$/.test(header) ? header : randomUUID();
}
