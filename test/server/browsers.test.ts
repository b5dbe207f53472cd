import { expect, test } from 'vitest';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { startServer } from './harness.ts';
import { h1 } from './raw.ts';

const path = '/flyteidl2.workflow.RunService/ListRuns';
const start = (allowedOrigins: string[]) =>
  startServer({
    server: { cors: { allowedOrigins } },
    routes: (router) => router.service(RunService, { listRuns: () => ({}) }),
  });
const preflight = (origin: string) => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type',
  },
});
const post = (origin: string) => ({
  method: 'POST',
  headers: { origin, 'content-type': 'application/json' },
});

test('a configured origin may call, for preflight and for the call itself', async () => {
  const { url } = await start(['https://console.example.com']);
  const asked = await h1(url + path, preflight('https://console.example.com'));
  expect(asked.status).toBe(204);
  expect(asked.headers).toMatchObject({
    'access-control-allow-origin': 'https://console.example.com',
    'access-control-allow-methods': expect.stringContaining('POST'),
    'access-control-allow-headers': expect.stringMatching(
      /Content-Type.*Connect-Protocol-Version.*X-Grpc-Web/i,
    ),
    vary: 'Origin',
  });
  const called = await h1(url + path, post('https://console.example.com'), ['{"org":"a"}']);
  expect(called.status).toBe(200);
  expect(called.headers['access-control-allow-origin']).toBe('https://console.example.com');
  expect(called.headers['access-control-expose-headers']).toMatch(/grpc-status.*X-Request-Id/i);
});

test('another origin gets no permission', async () => {
  const { url } = await start(['https://console.example.com']);
  for (const origin of ['https://evil.example.com', 'null', 'https://console.example.com.evil.com']) {
    const asked = await h1(url + path, preflight(origin));
    expect(asked.status).not.toBe(204);
    expect(asked.headers['access-control-allow-origin']).toBeUndefined();
  }
});

test('without configuration there is no permission for anybody, with * for all', async () => {
  const { url: closed } = await start([]);
  expect(
    (await h1(closed + path, preflight('https://a.example'))).headers['access-control-allow-origin'],
  ).toBeUndefined();
  const { url: open } = await start(['*']);
  const asked = await h1(open + path, preflight('https://a.example'));
  expect(asked.headers['access-control-allow-origin']).toBe('*');
  expect(asked.headers['access-control-allow-credentials']).toBeUndefined();
});
