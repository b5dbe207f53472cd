import { brotliCompressSync, gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import { ListRunsRequestSchema, RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { startServer } from './harness.ts';
import { envelope, h1, h2, type RawResponse } from './raw.ts';

const listRuns = '/flyteidl2.workflow.RunService/ListRuns';
const createRun = '/flyteidl2.workflow.RunService/CreateRun';
const watchRuns = '/flyteidl2.workflow.RunService/WatchRuns';
const valid = toBinary(
  ListRunsRequestSchema,
  create(ListRunsRequestSchema, { scopeBy: { case: 'org', value: 'acme' } }),
);
const bomb = Buffer.alloc(20 * 2 ** 20);
const big = Buffer.alloc(100_000);

let handled = 0;
const start = () => {
  handled = 0;
  return startServer({
    server: { readMaxBytes: 65_536, writeMaxBytes: 65_536, maxHeaderBytes: 8192 },
    routes: (router) =>
      router.service(RunService, {
        listRuns: () => {
          handled++;
          return { token: 'ok' };
        },
        getRunDetails: () => {
          handled++;
          return { details: { action: { id: { name: 'x'.repeat(100_000) } } } };
        },
        async *watchRuns() {
          handled++;
          yield {};
        },
      }),
  });
};

const post = (headers: Record<string, string>) => ({ method: 'POST', headers });
const jsonCode = ({ body }: RawResponse) => JSON.parse(body.toString()).code;
const grpcCode = ({ headers }: RawResponse) => Number(headers['grpc-status']);
const endOfStream = ({ body }: RawResponse) =>
  JSON.parse(body.subarray(5 + (body[0] === 2 ? 0 : body.indexOf(2))).toString());

describe('Connect, unary', () => {
  test.each<[string, Record<string, string>, Uint8Array, string]>([
    ['bytes that are no message', {}, Buffer.from('garbage'), 'invalid_argument'],
    ['a truncated message', {}, valid.subarray(0, valid.length - 1), 'invalid_argument'],
    ['broken gzip', { 'content-encoding': 'gzip' }, Buffer.from('garbage'), 'invalid_argument'],
    ['truncated gzip', { 'content-encoding': 'gzip' }, gzipSync(valid).subarray(0, 15), 'invalid_argument'],
    ['long broken gzip', { 'content-encoding': 'gzip' }, big.subarray(0, 5000), 'invalid_argument'],
    ['broken Brotli', { 'content-encoding': 'br' }, Buffer.from('garbage garbage'), 'invalid_argument'],
    ['an unknown compression', { 'content-encoding': 'zip' }, valid, 'unimplemented'],
    ['a message that is too large', {}, big, 'resource_exhausted'],
    [
      'a small gzip bomb',
      { 'content-encoding': 'gzip' },
      gzipSync(Buffer.alloc(2 ** 20)),
      'resource_exhausted',
    ],
    ['a gzip bomb', { 'content-encoding': 'gzip' }, gzipSync(bomb), 'resource_exhausted'],
    ['a Brotli bomb', { 'content-encoding': 'br' }, brotliCompressSync(bomb), 'resource_exhausted'],
    ['a bad time-out', { 'connect-timeout-ms': 'soon' }, valid, 'invalid_argument'],
  ])('%s', async (_, headers, body, code) => {
    const { url, metrics } = await start();
    const answer = await h1(url + listRuns, post({ 'content-type': 'application/proto', ...headers }), [
      body,
    ]);
    expect(jsonCode(answer)).toBe(code);
    expect(handled).toBe(0);
    expect((await metrics.render()).body).toContain(`method="ListRuns",code="${code}"} 1`);
  });

  test.each([['{"org":'], ['[]'], ['{"org":{"a":1}}'], ['{"request":{"limit":-1}}'], ['']])(
    'the JSON %j',
    async (text) => {
      const { url } = await start();
      const answer = await h1(url + listRuns, post({ 'content-type': 'application/json' }), [text]);
      expect(answer.status).toBe(400);
      expect(jsonCode(answer)).toBe('invalid_argument');
    },
  );

  test('a message that grows too large while it arrives is answered, and the connection survives', async () => {
    const { url } = await start();
    async function* chunks() {
      for (let i = 0; i < 100; i++) yield Buffer.alloc(10_000);
    }
    const answer = await h1(
      url + listRuns,
      post({ 'content-type': 'application/proto', 'transfer-encoding': 'chunked' }),
      chunks(),
    );
    expect(jsonCode(answer)).toBe('resource_exhausted');
  });

  test('an answer that is too large is refused, too', async () => {
    const { url } = await start();
    const body = JSON.stringify({ runId: { org: 'o', project: 'p', domain: 'd', name: 'n' } });
    const path = '/flyteidl2.workflow.RunService/GetRunDetails';
    expect(jsonCode(await h1(url + path, post({ 'content-type': 'application/json' }), [body]))).toBe(
      'resource_exhausted',
    );
  });
});

describe('Connect, streams', () => {
  test.each<[string, Uint8Array, string]>([
    ['bytes that are no message', envelope('garbage'), 'invalid_argument'],
    ['broken gzip', envelope('garbage', 1), 'invalid_argument'],
    ['an unfinished frame', envelope(valid).subarray(0, 7), 'invalid_argument'],
    ['a frame that promises too much', Buffer.from([0, 255, 255, 255, 255]), 'resource_exhausted'],
    ['a gzip bomb', envelope(gzipSync(bomb), 1), 'resource_exhausted'],
  ])('%s', async (_, body, code) => {
    const { url } = await start();
    const headers = { 'content-type': 'application/connect+proto', 'connect-content-encoding': 'gzip' };
    const answer = await h1(url + watchRuns, post(headers), [body]);
    expect(endOfStream(answer).error.code).toBe(code);
    expect(handled).toBe(0);
  });
});

describe('gRPC', () => {
  test.each<[string, Record<string, string>, Uint8Array, Code]>([
    ['bytes that are no message', {}, envelope('garbage'), Code.InvalidArgument],
    ['broken gzip', { 'grpc-encoding': 'gzip' }, envelope('garbage', 1), Code.InvalidArgument],
    ['compression without a name', {}, envelope(gzipSync(valid), 1), Code.InvalidArgument],
    ['an unknown compression', { 'grpc-encoding': 'zip' }, envelope(valid, 1), Code.Unimplemented],
    ['a message that is too large', {}, envelope(big), Code.ResourceExhausted],
    ['a gzip bomb', { 'grpc-encoding': 'gzip' }, envelope(gzipSync(bomb), 1), Code.ResourceExhausted],
  ])('%s', async (_, headers, body, code) => {
    const { url, logged } = await start();
    for (const path of [listRuns, watchRuns]) {
      const answer = await h2(
        url,
        { ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers },
        body,
      );
      expect(grpcCode(answer)).toBe(code);
    }
    expect(handled).toBe(0);
    expect((await logged(({ level }) => level === 'warn')).rpc).toContain('RunService/');
  });
});

describe('HTTP', () => {
  test('unknown paths are 404 in every protocol', async () => {
    const { url } = await start();
    for (const path of [
      '/nowhere',
      '/flyteidl2.workflow.RunService/Nothing',
      '/flyteidl2.none.Service/ListRuns',
    ]) {
      expect((await h1(url + path, post({ 'content-type': 'application/proto' }), [valid])).status).toBe(404);
      expect(
        (await h2(url, { ':path': path, 'content-type': 'application/grpc' }, envelope(valid))).status,
      ).toBe(404);
    }
  });

  test('a wrong content type is 415, a wrong method 405, a page that is posted to 405', async () => {
    const { url } = await start();
    expect((await h1(url + listRuns, post({ 'content-type': 'text/plain' }), [valid])).status).toBe(415);
    expect((await h1(url + listRuns, post({}), [valid])).status).toBe(415);
    expect((await h1(url + createRun, { method: 'GET' })).status).toBe(405);
    expect((await h1(`${url}/healthz`, post({}), ['x'])).status).toBe(405);
  });

  test('a bidirectional stream needs HTTP/2', async () => {
    const { url } = await start();
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    expect((await h1(url + path, post({ 'content-type': 'application/connect+proto' }))).status).toBe(505);
  });

  test('a header that is too large is refused in both versions', async () => {
    const { url } = await start();
    const huge = 'x'.repeat(20_000);
    expect((await h1(`${url}/healthz`, { headers: { 'x-huge': huge } })).status).toBe(431);
    // A client learns the limit with the server's first frame; until it has, HTTP/2's own limit of 64 KiB holds.
    const over64 = 'x'.repeat(70_000);
    const overH2 = h2(url, { ':path': '/healthz', ':method': 'GET', 'x-huge': over64 }, '').then(
      ({ status }) => status,
      (error: Error) => error.message,
    );
    expect(String(await overH2)).toMatch(/NGHTTP2_REFUSED_STREAM/);
  });

  test('a host that is none is a bad request, not a crash', async () => {
    const { url } = await start();
    const answer = await h1(url + listRuns, post({ 'content-type': 'application/json', host: '[' }), ['{}']);
    expect(answer.status).toBe(400);
    expect((await h1(`${url}/healthz`, {})).status).toBe(200);
  });
});
