import type { HttpResponse } from './listener.ts';
import type { Metrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

/** Answers a GET of one path. */
export type Page = (response: HttpResponse) => Promise<void> | void;

/** Answers with a text that nobody may keep. */
export function send(response: HttpResponse, status: number, type: string, body: string): void {
  response.statusCode = status;
  response.setHeader('content-type', type);
  response.setHeader('cache-control', 'no-store');
  response.end(body);
}

/** Answers with JSON for people and programs. */
export function sendJson(response: HttpResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', `${JSON.stringify(value, null, 2)}\n`);
}

/** The pages by which a process is watched, by path: `/healthz`, `/readyz`, `/metrics`. */
export function createPages(options: {
  metrics: Pick<Metrics, 'render'>;
  readiness: Pick<Readiness, 'report'>;
}): Map<string, Page> {
  const { metrics, readiness } = options;
  return new Map<string, Page>([
    ['/healthz', (response) => sendJson(response, 200, { status: 'ok' })],
    [
      '/readyz',
      async (response) => {
        const { ready, draining, checks } = await readiness.report();
        const failing = [
          ...(draining ? ['draining'] : []),
          ...checks.filter(({ ok }) => !ok).map(({ name }) => name),
        ];
        sendJson(response, ready ? 200 : 503, {
          status: ready ? 'ready' : draining ? 'draining' : 'not ready',
          failing,
          checks: Object.fromEntries(checks.map(({ name, ok, message }) => [name, ok ? 'ok' : message])),
        });
      },
    ],
    [
      '/metrics',
      async (response) => {
        const { contentType, body } = await metrics.render();
        send(response, 200, contentType, body);
      },
    ],
  ]);
}
