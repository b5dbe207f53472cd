import type { DescMethod, Message } from '@bufbuild/protobuf';
import type { ConnectRouter } from '@connectrpc/connect';
import type { Config } from '../config.ts';
import { Health } from '../gen/grpc/health/v1/health_pb.js';
import type { Logger } from '../logger.ts';
import { fillOrganization } from '../rpc/organization.ts';
import { createApp, type HttpRoute } from './app.ts';
import type { Console } from './console/console.ts';
import { createDraining } from './draining.ts';
import { createFastPath } from './fast/fast-path.ts';
import { type FastMethod, recordMethods } from './fast/methods.ts';
import { createHealthService } from './grpc-health.ts';
import { trackInFlight } from './in-flight.ts';
import { errorInterceptor } from './interceptors/errors.ts';
import { organizationInterceptor } from './interceptors/organization.ts';
import { checkRequest, validationInterceptor } from './interceptors/validation.ts';
import { createListener } from './listener.ts';
import type { Metrics } from './metrics.ts';
import { createObserver } from './observer.ts';
import type { Readiness } from './readiness.ts';
import { addReflection } from './reflection.ts';
import { createRpcHandler, type RpcHandler } from './rpc-handler.ts';
import { createStreamLimit } from './stream-limit.ts';

/** What a server is made of. */
export interface ServerOptions {
  config: Pick<Config['runs'], 'server' | 'organizations' | 'defaultOrganization'>;
  /** As `GET /` shows it. */
  version: string;
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
  /** Registers the services; health and reflection are added. */
  routes: (router: ConnectRouter) => void;
  httpRoutes?: readonly HttpRoute[];
  /** How long the end of a stream may wait for its client while the server drains, in milliseconds. */
  streamGraceMs?: number;
  console?: Console;
}

/** A client that reads has the end of its streams at once. */
const streamGraceMs = 2000;

/** The service as the network sees it. */
export interface Server {
  /**
   * Opens the port. `url` is the base that clients use: `publicUrl` if it is configured, else one that works
   * on this machine. Throws a StartupError.
   */
  listen(): Promise<{ url: string; port: number }>;
  /**
   * Takes readiness away, stops accepting, ends streams with UNAVAILABLE and waits for the other calls in
   * flight, at most `shutdownGrace`. Resolves with whether all of them finished; streams whose clients do not
   * read are cut much earlier and do not count. Calls may be repeated.
   */
  drain(): Promise<boolean>;
}

/** Puts listener, interceptors, services and pages together. Throws a StartupError when TLS files are unusable. */
export function createServer(options: ServerOptions): Server {
  const { config, logger, metrics, readiness } = options;
  const draining = createDraining();
  const inFlight = trackInFlight(logger);
  const services = () => rpc.services;
  const observer = createObserver(logger, metrics, () => draining.begun);
  const limit = createStreamLimit(config.server.maxStreamsPerClient);
  const shared = config.organizations === 'shared' ? config.defaultOrganization : undefined;
  const endThemselves = new Set([Health.typeName]);
  let methods: ReadonlyMap<string, FastMethod> = new Map();
  const rpc: RpcHandler = createRpcHandler({
    config: config.server,
    logger,
    observer,
    limit,
    // What is done here to messages of a request, `checks` below does on the fast path.
    interceptors: [
      errorInterceptor(draining, endThemselves),
      ...(shared === undefined ? [] : [organizationInterceptor(shared)]),
      validationInterceptor(),
    ],
    routes(inner) {
      const { router, methods: recorded } = recordMethods(inner);
      methods = recorded;
      options.routes(router);
      router.service(
        Health,
        createHealthService(readiness, () => services().map(({ typeName }) => typeName)),
      );
      addReflection(router, services);
    },
  });
  const app = createApp({
    config: config.server,
    version: options.version,
    logger,
    metrics,
    readiness,
    draining,
    inFlight,
    rpc,
    httpRoutes: options.httpRoutes ?? [],
    ...(options.console === undefined ? {} : { console: options.console }),
  });
  const takeStream = createFastPath(methods, inFlight, {
    config: config.server,
    observer,
    draining,
    endThemselves,
    limit,
    checks: [
      ...(shared === undefined
        ? []
        : [({ input }: DescMethod, message: Message) => fillOrganization(input, message, shared)]),
      checkRequest,
    ],
  });
  const listener = createListener(config.server, app, config.server.fastPath ? takeStream : undefined);
  let drained: Promise<boolean> | undefined;

  async function close(): Promise<boolean> {
    const patience = setTimeout(() => inFlight.cutStreams(), options.streamGraceMs ?? streamGraceMs);
    const graceful = await listener.close(config.server.shutdownGraceMs, (connections) =>
      inFlight.logCut(connections),
    );
    clearTimeout(patience);
    return graceful;
  }

  return {
    async listen() {
      const port = await listener.listen();
      return { port, url: config.server.publicUrl ?? localUrl(config.server, port) };
    },
    drain() {
      readiness.drain();
      draining.begin();
      drained ??= close();
      return drained;
    },
  };
}

/** How to reach the port from this machine; an address that means all interfaces becomes localhost. */
function localUrl({ host, tls }: Config['runs']['server'], port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'https' : 'http'}://${name}:${port}`;
}
