import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { describe, expect, test } from 'vitest';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { requestIdKey } from '../../src/rpc/request-id.ts';
import { startServer } from './harness.ts';
import { envelope, h2 } from './raw.ts';

/** A ListRunsRequest for the organization `a`. */
const orgA = Buffer.from([0x12, 1, 0x61]);
const path = '/flyteidl2.workflow.RunService/ListRuns';
const seen: string[] = [];

const start = (fastPath: boolean) =>
  startServer({
    server: { fastPath },
    routes: (router) =>
      router.service(RunService, {
        listRuns: (_, context) => {
          seen.push(Object.getPrototypeOf(context) === Object.prototype ? 'Connect' : 'fast');
          context.responseHeader.set('x-head', context.requestHeader.get('x-mine') ?? '');
          context.responseTrailer.set('x-tail', context.values.get(requestIdKey));
          return { token: `${new URL(context.url).pathname} ${context.protocolName} ${context.timeoutMs()}` };
        },
      }),
  });

describe.each([true, false])('fastPath: %s', (fastPath) => {
  test('handlers are told the same, and headers and trailers that they set are sent', async () => {
    const { url } = await start(fastPath);
    const client = createClient(RunService, createGrpcTransport({ baseUrl: url }));
    const got: Record<string, string | null> = {};
    seen.length = 0;
    const { token } = await client.listRuns(
      { scopeBy: { case: 'org', value: 'a' } },
      {
        headers: { 'x-mine': 'yes', 'x-request-id': 'id-1' },
        onHeader: (header) =>
          Object.assign(got, { head: header.get('x-head'), id: header.get('x-request-id') }),
        onTrailer: (trailer) => Object.assign(got, { tail: trailer.get('x-tail') }),
      },
    );
    expect(token).toBe(`${path} grpc undefined`);
    expect(got).toEqual({ head: 'yes', id: 'id-1', tail: 'id-1' });
    expect(seen).toEqual([fastPath ? 'fast' : 'Connect']);
  });

  test.each([
    ['nothing', Buffer.alloc(0), '12', /missing/],
    ['two messages', Buffer.concat([envelope(orgA), envelope(orgA)]), '12', /extra/],
    ['half a message', envelope(orgA).subarray(0, 6), '3', /incomplete/],
    ['what is no message', envelope(Buffer.from([0xff])), '3', /parse binary/],
    ['a compressed message without saying how', Buffer.from([1, 0, 0, 0, 0]), '3', /compressed/],
  ])('a request of %s', async (_, body, status, message) => {
    const { url } = await start(fastPath);
    const { headers } = await h2(url, { ':path': path, 'content-type': 'application/grpc' }, body);
    expect(headers['grpc-status']).toBe(status);
    expect(decodeURIComponent(String(headers['grpc-message']))).toMatch(message);
  });

  test('a deadline that cannot be read is refused', async () => {
    const { url } = await start(fastPath);
    const wrong = { ':path': path, 'content-type': 'application/grpc', 'grpc-timeout': '1x' };
    const { headers } = await h2(url, wrong, envelope(orgA));
    expect(headers['grpc-status']).toBe('3');
  });
});

test.each([
  ['an unknown compression', { 'grpc-encoding': 'zstd' }, 200, '12'],
  ['a media type of its own', { 'content-type': 'application/grpc+thrift' }, 415, undefined],
  ['a browser', { origin: 'http://example.com' }, 200, '0'],
  ['JSON', { 'content-type': 'application/json' }, 400, undefined],
])('%s is left to Connect', async (_, special, status, grpcStatus) => {
  const { url } = await start(true);
  seen.length = 0;
  const answer = await h2(
    url,
    { ':path': path, 'content-type': 'application/grpc', ...special },
    envelope(orgA),
  );
  expect(answer.status).toBe(status);
  expect(answer.headers['grpc-status']).toBe(grpcStatus);
  expect(seen).not.toContain('fast');
});
