import http2 from 'node:http2';
import { Code, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { expect, onTestFinished, test } from 'vitest';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { eventually, startServer, transports } from './harness.ts';
import { envelope, h1, h2, tcp } from './raw.ts';

const start = (server: NonNullable<Parameters<typeof startServer>[0]['server']>) =>
  startServer({
    server,
    routes: (router) =>
      router.service(RunService, {
        listRuns: () => ({ token: 'ok' }),
        async *watchRuns(_, { signal }) {
          yield {};
          await new Promise<void>((resolve) =>
            signal.addEventListener('abort', () => resolve(), { once: true }),
          );
        },
      }),
  });

/** A WatchRunsRequest for the organization `a`. */
const watchOrgA = Buffer.from([0x12, 1, 0x61]);
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

test.each([
  ['nothing', ''],
  ['half of the preface of HTTP/2', preface.slice(0, 10)],
  ['half of a header', 'GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: '],
])('a client that sends %s and stops is cut', async (_, text) => {
  const { port } = await start({ headersTimeoutMs: 50 });
  const { socket, closed } = await tcp(port);
  socket.write(text);
  await closed;
});

test('a request over HTTP/1.1 that never ends is answered and cut', async () => {
  const { port } = await start({ headersTimeoutMs: 50, requestTimeoutMs: 60 });
  const { socket, closed, received } = await tcp(port);
  socket.write('POST /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc');
  await closed;
  expect(received()).toMatch(/^HTTP\/1.1 (405|408)/);
});

test('a unary request over HTTP/2 that never ends is cut, a stream of requests is not', async () => {
  const { url } = await start({ requestTimeoutMs: 60 });
  const session = http2.connect(url);
  onTestFinished(() => session.destroy());
  const call = (path: string) =>
    session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
  const reflection = call('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo');
  const unary = call('/flyteidl2.workflow.RunService/ListRuns');
  unary.write(envelope('').subarray(0, 3));
  await new Promise((resolve) => unary.once('close', resolve));
  expect(unary.rstCode).toBe(http2.constants.NGHTTP2_CANCEL);
  expect(reflection.closed).toBe(false);
});

test('the preface of HTTP/2 is recognized byte by byte', async () => {
  const { port } = await start({});
  const { socket, received } = await tcp(port);
  for (const byte of preface) {
    await new Promise((sent) => socket.write(byte, sent));
  }
  socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  // The first frame of a server is SETTINGS, type 4.
  await eventually(() => received().length >= 9);
  expect(received().charCodeAt(3)).toBe(4);
});

test('an idle HTTP/2 connection is closed, one with an open stream is not', async () => {
  const { url } = await start({ keepAliveTimeoutMs: 50 });
  const idle = http2.connect(url);
  const busy = http2.connect(url);
  onTestFinished(() => busy.destroy());
  const stream = busy.request({
    ':method': 'POST',
    ':path': '/flyteidl2.workflow.RunService/WatchRuns',
    'content-type': 'application/grpc',
  });
  stream.end(envelope(watchOrgA));
  await new Promise((resolve) => stream.once('data', resolve));
  await new Promise((resolve) => idle.once('close', resolve));
  expect(busy.closed).toBe(false);
  stream.close();
  await new Promise((resolve) => busy.once('close', resolve));
});

test('more streams than a client may have are refused, and places come back', async () => {
  const { url, metrics } = await start({ maxStreamsPerClient: 2 });
  const client = createClient(RunService, createGrpcTransport({ baseUrl: url }));
  const open = async () => {
    const abort = new AbortController();
    const stream = client.watchRuns({ target: { case: 'org', value: 'a' } }, { signal: abort.signal });
    await stream[Symbol.asyncIterator]().next();
    return abort;
  };
  const first = await open();
  await open();
  await expect(open()).rejects.toMatchObject({ code: Code.ResourceExhausted });
  expect((await client.listRuns({ scopeBy: { case: 'org', value: 'a' } })).token).toBe('ok');
  const streams = async () =>
    /runs_rpc_open_streams\{.*WatchRuns"\} (\d+)/.exec((await metrics.render()).body)?.[1];
  expect(await streams()).toBe('2');
  first.abort();
  await eventually(async () => (await streams()) === '1');
  await open();
});

test('more connections than the service takes are closed at once', async () => {
  const { url, port } = await start({ maxConnections: 1 });
  const first = await tcp(port);
  await (await tcp(port)).closed;
  first.socket.destroy();
  await first.closed;
  await eventually(async () => {
    const answer = await h1(`${url}/healthz`, {}).catch(() => undefined);
    return answer?.status === 200;
  });
});

test.each(Object.entries(transports))(
  '%s: a deadline ends a call whose handler does not listen',
  async (_, transport) => {
    const { url } = await startServer({
      routes: (router) => router.service(RunService, { listRuns: () => new Promise(() => undefined) }),
    });
    const client = createClient(RunService, transport(url));
    const call = client.listRuns({ scopeBy: { case: 'org', value: 'a' } }, { timeoutMs: 50 });
    await expect(call).rejects.toMatchObject({ code: Code.DeadlineExceeded });
  },
);

test('the server itself answers when the deadline passes', async () => {
  const { url } = await startServer({
    routes: (router) => router.service(RunService, { listRuns: () => new Promise(() => undefined) }),
  });
  const headers = { 'content-type': 'application/json', 'connect-timeout-ms': '30' };
  const answer = await h1(`${url}/flyteidl2.workflow.RunService/ListRuns`, { method: 'POST', headers }, [
    '{"org":"a"}',
  ]);
  expect(JSON.parse(answer.body.toString()).code).toBe('deadline_exceeded');
});

test.each([
  [{ 'content-type': 'application/grpc', 'grpc-timeout': '99999999H' }, 'undefined'],
  [{ 'content-type': 'application/connect+proto', 'connect-timeout-ms': '2147483648' }, 'undefined'],
  [{ 'content-type': 'application/grpc', 'grpc-timeout': '500H' }, 'number'],
])('the deadline of %j is %s to the handler', async (headers, expected) => {
  const seen = Promise.withResolvers<string>();
  const { url } = await startServer({
    routes: (router) =>
      router.service(RunService, {
        async *watchRuns(_, context) {
          seen.resolve(typeof context.timeoutMs());
          yield {};
        },
      }),
  });
  await h2(url, { ':path': '/flyteidl2.workflow.RunService/WatchRuns', ...headers }, envelope(watchOrgA));
  expect(await seen.promise).toBe(expected);
});

test('a handler learns that its client has gone', async () => {
  const gone = Promise.withResolvers<void>();
  const { url, logged } = await startServer({
    routes: (router) =>
      router.service(RunService, {
        async *watchRuns(_, { signal }) {
          yield {};
          signal.addEventListener('abort', () => gone.resolve(), { once: true });
          await gone.promise;
        },
      }),
  });
  const client = createClient(RunService, createGrpcTransport({ baseUrl: url }));
  const abort = new AbortController();
  const stream = client.watchRuns({ target: { case: 'org', value: 'a' } }, { signal: abort.signal });
  await stream[Symbol.asyncIterator]().next();
  abort.abort();
  await gone.promise;
  expect(await logged(({ rpc }) => rpc !== undefined)).toMatchObject({ code: 'canceled', level: 'debug' });
});
