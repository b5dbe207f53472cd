import { Code, createClient } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from '../../src/gen/grpc/health/v1/health_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { notFound } from '../../src/runs/errors.ts';
import { startServer, transport } from './harness.ts';
import { h1, type RawResponse } from './raw.ts';

const json = ({ body }: RawResponse) => JSON.parse(body.toString());
const routes: Parameters<typeof startServer>[0]['routes'] = (router) =>
  router.service(RunService, {
    listRuns: () => ({}),
    getRunDetails: () => {
      throw notFound('no');
    },
  });
const scope = { case: 'org', value: 'a' } as const;
const runId = { org: 'o', project: 'p', domain: 'd', name: 'n' };

test('/healthz answers whatever the rest does, /readyz names the part that fails', async () => {
  let broken: string | undefined;
  const check = async () => {
    if (broken) throw new Error(broken);
  };
  const { url, server } = await startServer({
    routes,
    checks: [
      { name: 'database', check },
      { name: 'changes', check: async () => undefined },
    ],
  });
  const ready = await h1(`${url}/readyz`, {});
  expect(ready.status).toBe(200);
  expect(json(ready)).toEqual({ status: 'ready', failing: [], checks: { database: 'ok', changes: 'ok' } });

  broken = 'the database cannot be reached';
  const failing = await h1(`${url}/readyz`, {});
  expect(failing.status).toBe(503);
  expect(json(failing)).toEqual({
    status: 'not ready',
    failing: ['database'],
    checks: { database: broken, changes: 'ok' },
  });
  expect((await h1(`${url}/healthz`, {})).status).toBe(200);
  expect((await h1(`${url}/readyz`, { method: 'HEAD' })).status).toBe(503);
  expect(server).toBeDefined();
});

test('/readyz is 503 while draining', async () => {
  const release = Promise.withResolvers<void>();
  const { url, server } = await startServer({
    routes,
    httpRoutes: [
      {
        prefix: '/drain',
        handler: async (_, response) => {
          void server.drain();
          await release.promise;
          response.end();
        },
      },
    ],
  });
  // The connection of the page was open before draining began, as that of a balancer may be.
  const { Agent } = await import('node:http');
  const agent = new Agent({ keepAlive: true });
  const held = h1(`${url}/drain`, {});
  await expect
    .poll(async () =>
      h1(`${url}/healthz`, { agent }).then(
        ({ status }) => status,
        () => 'refused',
      ),
    )
    .toBe('refused');
  release.resolve();
  await held;
});

test('GET / says what this is', async () => {
  const { url } = await startServer({ routes });
  expect(json(await h1(url, {}))).toMatchObject({
    service: 'runs-service',
    version: '1.2.3',
    services: expect.arrayContaining(['flyteidl2.workflow.RunService', 'grpc.health.v1.Health']),
  });
});

test('/metrics counts calls and errors by code and measures their time', async () => {
  const { url, metrics } = await startServer({ routes });
  const client = createClient(RunService, transport('gRPC, h2c', url));
  await client.listRuns({ scopeBy: scope });
  await client.listRuns({ scopeBy: scope });
  await expect(client.getRunDetails({ runId })).rejects.toThrow();
  metrics.batchSize.observe(7);
  metrics.databaseSeconds.observe({ operation: 'list_runs' }, 0.002);
  metrics.changeLogLagSeconds.set(3);
  metrics.subscriptions.inc();
  const { headers, body } = await h1(`${url}/metrics`, {});
  const text = body.toString();
  expect(headers['content-type']).toMatch(/^text\/plain; version=/);
  const service = 'service="flyteidl2.workflow.RunService"';
  for (const line of [
    `runs_rpc_requests_total{${service},method="ListRuns",code="ok"} 2`,
    `runs_rpc_requests_total{${service},method="GetRunDetails",code="not_found"} 1`,
    `runs_rpc_errors_total{${service},method="GetRunDetails",code="not_found"} 1`,
    `runs_rpc_duration_seconds_count{${service},method="ListRuns"} 2`,
    'runs_write_batch_size_sum 7',
    'runs_database_seconds_count{operation="list_runs"} 1',
    'runs_change_log_lag_seconds 3',
    'runs_watch_subscriptions 1',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
  expect(text).not.toContain('method="ListRuns",code="ok",');
});

test('a sane request id comes back and stands in the log, another is replaced', async () => {
  const { url, logged } = await startServer({ routes });
  const path = `${url}/flyteidl2.workflow.RunService/GetRunDetails`;
  const call = (id: string) =>
    h1(path, { method: 'POST', headers: { 'content-type': 'application/json', 'x-request-id': id } }, [
      JSON.stringify({ runId }),
    ]);
  expect((await call('abc-1')).headers['x-request-id']).toBe('abc-1');
  expect(await logged(({ requestId }) => requestId === 'abc-1')).toMatchObject({
    level: 'warn',
    rpc: 'flyteidl2.workflow.RunService/GetRunDetails',
    code: 'not_found',
    error: 'no',
    client: '127.0.0.1',
    ms: expect.any(Number),
  });
  for (const id of ['x'.repeat(129), 'a b', 'ü']) {
    expect((await call(id)).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  }
  expect((await h1(`${url}/nowhere`, { headers: { 'x-request-id': 'abc-2' } })).headers['x-request-id']).toBe(
    'abc-2',
  );
});

test('the log never holds what was sent', async () => {
  const { url, lines, logged } = await startServer({ routes });
  const client = createClient(RunService, transport('gRPC, h2c', url));
  await client.listRuns({ scopeBy: { case: 'org', value: 'geheim' } });
  await logged(({ code }) => code === 'ok');
  expect(JSON.stringify(lines)).not.toContain('geheim');
});

test('gRPC health knows the services and the process', async () => {
  let broken = false;
  const check = async () => {
    if (broken) throw new Error('down');
  };
  const { url } = await startServer({ routes, checks: [{ name: 'database', check }] });
  const client = createClient(Health, transport('gRPC, h2c', url));
  expect((await client.check({})).status).toBe(Status.SERVING);
  expect((await client.check({ service: 'flyteidl2.workflow.RunService' })).status).toBe(Status.SERVING);
  await expect(client.check({ service: 'none' })).rejects.toMatchObject({ code: Code.NotFound });
  expect(Object.keys((await client.list({})).statuses)).toContain('flyteidl2.workflow.RunService');

  const watch = client.watch({})[Symbol.asyncIterator]();
  const unknown = client.watch({ service: 'none' })[Symbol.asyncIterator]();
  expect((await watch.next()).value?.status).toBe(Status.SERVING);
  expect((await unknown.next()).value?.status).toBe(Status.SERVICE_UNKNOWN);
  broken = true;
  expect((await watch.next()).value?.status).toBe(Status.NOT_SERVING);
  expect((await client.check({})).status).toBe(Status.NOT_SERVING);
  broken = false;
  expect((await watch.next()).value?.status).toBe(Status.SERVING);
});

test('routes are found by their prefix, and their failures are answered and logged', async () => {
  const { url, logged } = await startServer({
    routes,
    httpRoutes: [
      {
        prefix: '/storage/',
        handler: async (request, response) => {
          if (request.url?.endsWith('/bad')) throw new Error('disk on fire');
          response.end(`got ${request.url}`);
        },
      },
    ],
  });
  expect((await h1(`${url}/storage/a?b=c`, {})).body.toString()).toBe('got /storage/a?b=c');
  const failed = await h1(`${url}/storage/bad`, {});
  expect(failed.status).toBe(500);
  expect(failed.body.toString()).toMatch(/^internal error; request id /);
  expect(await logged(({ level }) => level === 'error')).toMatchObject({ err: { message: 'disk on fire' } });
  expect((await h1(`${url}/storage`, {})).status).toBe(404);
});
