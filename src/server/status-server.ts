import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../logger.ts';
import type { Metrics } from './metrics.ts';
import { createPages, send } from './pages.ts';
import type { Readiness } from './readiness.ts';
import { describeListenError } from './startup-errors.ts';

const HOST = '127.0.0.1';
const TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 50;

/** The pages of a process that serves nothing else. */
export interface StatusServer {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves `/healthz`, `/readyz` and `/metrics` on a port that only this machine reaches; 0 takes a free one. `key` is the key of the
 * configuration that names the port. Throws a StartupError if it can't be opened.
 */
export async function startStatusServer(options: {
  port: number;
  key: string;
  metrics: Pick<Metrics, 'render'>;
  readiness: Pick<Readiness, 'report'>;
  logger: Logger;
}): Promise<StatusServer> {
  const { port, key, logger } = options;
  const pages = createPages(options);
  const limits = { headersTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, keepAliveTimeout: TIMEOUT_MS };
  const server = http.createServer(limits, (request, response) => {
    const answer = async (): Promise<void> => {
      const page = pages.get((request.url ?? '').split('?', 1)[0] ?? '');
      if (page === undefined || request.method !== 'GET')
        send(response, 404, 'text/plain; charset=utf-8', `here are ${[...pages.keys()].join(', ')}\n`);
      else await page(response);
    };
    answer().catch((error: unknown) => {
      logger.error({ err: error }, 'a page could not be shown');
      if (response.headersSent) response.destroy();
      else send(response, 500, 'text/plain; charset=utf-8', 'internal error\n');
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(describeListenError(error, { host: HOST, port }, key)));
    server.listen(port, HOST, resolve);
  });
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
