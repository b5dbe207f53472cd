import type { ConnectRouter } from '@connectrpc/connect';
import type { Config } from '../config.ts';
import { Health } from '../gen/grpc/health/v1/health_pb.js';
import type { Logger } from '../logger.ts';
import { createApp, type HttpRoute } from './app.ts';
import type { Console } from './console/console.ts';
import { createDraining } from './draining.ts';
import { createHealthService } from './grpc-health.ts';
import { errorInterceptor } from './interceptors/errors.ts';
import { organizationInterceptor } from './interceptors/organization.ts';
import { validationInterceptor } from './interceptors/validation.ts';
import { createListener } from './listener.ts';
import type { Metrics } from './metrics.ts';
import { createObserver } from './observer.ts';
import type { Readiness } from './readiness.ts';
import { addReflection } from './reflection.ts';
import { createRpcHandler, type RpcHandler } from './rpc-handler.ts';

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
  console?: Console;
}

/** The service as the network sees it. */
export interface Server {
  /**
   * Opens the port. `url` is the base that clients use: `publicUrl` if it is configured, else one that works
   * on this machine. Throws a StartupError.
   */
  listen(): Promise<{ url: string; port: number }>;
  /**
   * Takes readiness away, stops accepting, ends streams with UNAVAILABLE and waits for the other calls in
   * flight, at most `shutdownGrace`. Resolves with whether all of them finished. Calls may be repeated.
   */
  drain(): Promise<boolean>;
}

/** Puts listener, interceptors, services and pages together. Throws a StartupError when TLS files are unusable. */
export function createServer(options: ServerOptions): Server {
  const { config, logger, metrics, readiness } = options;
  const draining = createDraining();
  const services = () => rpc.services;
  const rpc: RpcHandler = createRpcHandler({
    config: config.server,
    logger,
    observer: createObserver(logger, metrics, () => draining.begun),
    interceptors: [
      errorInterceptor(draining, new Set([Health.typeName])),
      ...(config.organizations === 'shared' ? [organizationInterceptor(config.defaultOrganization)] : []),
      validationInterceptor(),
    ],
    routes(router) {
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
    rpc,
    httpRoutes: options.httpRoutes ?? [],
    ...(options.console === undefined ? {} : { console: options.console }),
  });
  const listener = createListener(config.server, app);
  let drained: Promise<boolean> | undefined;

  return {
    async listen() {
      const port = await listener.listen();
      return { port, url: config.server.publicUrl ?? localUrl(config.server, port) };
    },
    drain() {
      readiness.drain();
      draining.begin();
      drained ??= listener.close(config.server.shutdownGraceMs);
      return drained;
    },
  };
}

/** How to reach the port from this machine; an address that means all interfaces becomes localhost. */
function localUrl({ host, tls }: Config['runs']['server'], port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'https' : 'http'}://${name}:${port}`;
}
