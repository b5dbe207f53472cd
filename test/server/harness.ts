import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectRouter, Interceptor, Transport } from '@connectrpc/connect';
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { onTestFinished } from 'vitest';
import { parseConfig, type ServerConfig } from '../../src/config.ts';
import { createLogger } from '../../src/logger.ts';
import type { HttpRoute } from '../../src/server/app.ts';
import type { Console } from '../../src/server/console/console.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { createReadiness, type ReadinessCheck } from '../../src/server/readiness.ts';
import { createServer } from '../../src/server/server.ts';

/** What a test says about the server that it wants. */
export interface TestServerOptions {
  routes: (router: ConnectRouter) => void;
  server?: Partial<ServerConfig>;
  organizations?: 'shared' | 'separate';
  checks?: ReadinessCheck[];
  httpRoutes?: HttpRoute[];
  streamGraceMs?: number;
  console?: Console;
}

/** A line of the log. */
export type LogLine = Record<string, unknown>;

/** Starts a server on a free port of 127.0.0.1 for the duration of the test. */
export async function startServer(options: TestServerOptions) {
  const { runs } = parseConfig({ database: { sqlite: { file: 'unused' } } }, {}, 'test');
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  const logger = createLogger(
    { level: 'debug', showSource: false, format: 'json' },
    {
      write(line) {
        lines.push(JSON.parse(line));
        for (const look of [...waiting]) look();
      },
    },
  );
  const metrics = createMetrics({ process: false });
  const readiness = createReadiness({ checks: options.checks ?? [], cacheMs: 0, watchMs: 10 });
  const server = createServer({
    config: {
      ...runs,
      organizations: options.organizations ?? 'shared',
      server: { ...runs.server, host: '127.0.0.1', port: 0, shutdownGraceMs: 5000, ...options.server },
    },
    version: '1.2.3',
    logger,
    metrics,
    readiness,
    routes: options.routes,
    httpRoutes: options.httpRoutes ?? [],
    ...(options.streamGraceMs === undefined ? {} : { streamGraceMs: options.streamGraceMs }),
    ...(options.console === undefined ? {} : { console: options.console }),
  });
  const { url, port } = await server.listen();
  onTestFinished(async () => {
    await server.drain();
  });

  /** The first line of the log, already written or to come, that the test is looking for. */
  function logged(matches: (line: LogLine) => boolean): Promise<LogLine> {
    const { promise, resolve } = Promise.withResolvers<LogLine>();
    const look = () => {
      const line = lines.find(matches);
      if (!line) return;
      waiting.delete(look);
      resolve(line);
    };
    waiting.add(look);
    look();
    return promise;
  }

  return { url, port, server, lines, logged, metrics, readiness };
}

/** Every way in which clients speak to the service over cleartext. */
export const transports: Record<string, (baseUrl: string) => Transport> = {
  'Connect, HTTP/1.1, JSON': (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: false }),
  'Connect, HTTP/1.1, gzip': (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: '1.1', ...gzipAlways() }),
  'Connect, h2c': (baseUrl) => createConnectTransport({ baseUrl, httpVersion: '2' }),
  'gRPC, h2c': (baseUrl) => createGrpcTransport({ baseUrl }),
  'gRPC, h2c, not on the fast path': (baseUrl) =>
    createGrpcTransport({ baseUrl, interceptors: [offTheFastPath] }),
  'gRPC, h2c, gzip': (baseUrl) => createGrpcTransport({ baseUrl, ...gzipAlways() }),
  'gRPC-Web, HTTP/1.1': (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: '1.1' }),
};

/** The transport of that name. */
export function transport(name: string, baseUrl: string): Transport {
  const make = transports[name];
  if (!make) throw new Error(`there is no transport ${name}`);
  return make(baseUrl);
}

/** The ways that allow both sides to send at the same time. */
export const duplexTransports = Object.fromEntries(
  Object.entries(transports).filter(([name]) => name.includes('h2c')),
);

/** Requests of browsers are left to Connect's adapter. */
const offTheFastPath: Interceptor = (next) => (request) => {
  request.header.set('origin', 'http://example.com');
  return next(request);
};

function gzipAlways() {
  return { sendCompression: compressionGzip, compressMinBytes: 0 };
}

/** Resolves when the condition holds; looks again every few milliseconds, without a limit of its own. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(5);
}
