import http2 from 'node:http2';
import net from 'node:net';
import { Code, createClient } from '@connectrpc/connect';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StartupError } from '../../src/config.ts';
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from '../../src/gen/grpc/health/v1/health_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { shutdownOnSignal } from '../../src/server/lifecycle.ts';
import { eventually, startServer, transport, transports } from './harness.ts';
import { envelope, h1, tcp } from './raw.ts';

/** A service whose unary call waits for the test, and whose watch never ends and does not listen to its signal. */
async function start(shutdownGraceMs = 5000) {
  const entered = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const server = await startServer({
    server: { shutdownGraceMs },
    routes: (router) =>
      router.service(RunService, {
        listRuns: async () => {
          entered.resolve();
          await release.promise;
          return { token: 'finished' };
        },
        async *watchRuns() {
          yield {};
          await new Promise(() => undefined);
        },
      }),
  });
  return { ...server, entered: entered.promise, release: () => release.resolve() };
}

const scope = { case: 'org', value: 'a' } as const;

describe.each(Object.keys(transports))('%s', (name) => {
  test('draining ends streams at once and lets unary calls finish', async () => {
    const { url, server, entered, release } = await start();
    const client = createClient(RunService, transport(name, url));
    const stream = client.watchRuns({ target: scope })[Symbol.asyncIterator]();
    await stream.next();
    const unary = client.listRuns({ scopeBy: scope });
    await entered;

    const drained = server.drain();
    await expect(stream.next()).rejects.toMatchObject({
      code: Code.Unavailable,
      rawMessage: expect.stringMatching(/^draining: /),
    });
    release();
    expect((await unary).token).toBe('finished');
    expect(await drained).toBe(true);
  });
});

test('no new connection is taken while the old one finishes its call', async () => {
  const { url, server, entered, release } = await start();
  const unary = createClient(RunService, transport('Connect, HTTP/1.1, JSON', url)).listRuns({
    scopeBy: scope,
  });
  await entered;
  const drained = server.drain();
  await expect(h1(`${url}/healthz`, {})).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  release();
  await unary;
  expect(await drained).toBe(true);
});

test('idle and undecided connections do not hold draining up', async () => {
  const { url, port, server } = await start(600_000);
  const kept = await tcp(port);
  kept.socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  await eventually(() => kept.received().includes('200 OK'));
  const silent = await tcp(port);
  const session = http2.connect(url);
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  expect(await server.drain()).toBe(true);
  await kept.closed;
  await silent.closed;
});

test('HTTP/2 clients are told to go away', async () => {
  const { url, server, entered, release } = await start();
  const session = http2.connect(url);
  const call = session.request({
    ':method': 'POST',
    ':path': '/flyteidl2.workflow.RunService/ListRuns',
    'content-type': 'application/json',
  });
  call.end('{"org":"a"}');
  await entered;
  const goaway = new Promise<number>((resolve) => session.once('goaway', resolve));
  const drained = server.drain();
  expect(await goaway).toBe(http2.constants.NGHTTP2_NO_ERROR);
  release();
  call.resume();
  await new Promise((resolve) => call.once('close', resolve));
  expect(await drained).toBe(true);
});

test('an HTTP/2 client that never hangs up does not hold draining up', async () => {
  const { port, server } = await start(600_000);
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  const settled = new Promise((resolve) => socket.once('data', resolve));
  // The preface of HTTP/2 and an empty frame of settings.
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  await settled;
  socket.resume();
  expect(await server.drain()).toBe(true);
});

test('a call that takes too long is cut after the grace time, and the log says which', async () => {
  const { url, server, entered, logged } = await start(50);
  const client = createClient(RunService, transport('gRPC, h2c', url));
  const unary = client.listRuns({ scopeBy: scope });
  const failed = expect(unary).rejects.toThrow();
  await entered;
  expect(await server.drain()).toBe(false);
  await failed;
  expect(await logged(({ msg }) => String(msg).startsWith('a call was cut'))).toMatchObject({
    call: 'flyteidl2.workflow.RunService/ListRuns',
    requestId: expect.any(String),
    ageMs: expect.any(Number),
  });
});

test('a file that is not fetched in time is named without what its link holds', async () => {
  const entered = Promise.withResolvers<void>();
  const { url, server, logged } = await startServer({
    server: { shutdownGraceMs: 50 },
    routes: () => undefined,
    httpRoutes: [{ prefix: '/storage/', handler: () => entered.resolve() }],
  });
  const fetched = expect(h1(`${url}/storage/a?signature=secret`, {})).rejects.toThrow();
  await entered.promise;
  expect(await server.drain()).toBe(false);
  await fetched;
  const line = await logged(({ msg }) => String(msg).startsWith('a call was cut'));
  expect(line.call).toBe('GET /storage/');
});

describe('a client that does not read its stream', () => {
  /** More than the buffers of any system take. */
  const much = 'x'.repeat(48 * 2 ** 20);

  const path = '/flyteidl2.workflow.RunService/WatchRuns';
  const body = envelope('{"org":"a"}');

  const startFlood = () =>
    startServer({
      server: { shutdownGraceMs: 600_000, writeMaxBytes: 2 ** 30 },
      streamGraceMs: 50,
      routes: (router) =>
        router.service(RunService, {
          async *watchRuns() {
            yield { runs: [{ action: { id: { name: much } } }] };
            await new Promise(() => undefined);
          },
        }),
    });

  async function expectCut({ server, logged }: Awaited<ReturnType<typeof startFlood>>): Promise<void> {
    expect(await server.drain()).toBe(true);
    const line = await logged(({ msg }) => String(msg).startsWith('a stream was cut'));
    expect(line).toMatchObject({ call: path.slice(1), client: '127.0.0.1' });
  }

  test('over HTTP/1.1 does not hold draining up', async () => {
    const flood = await startFlood();
    const { socket } = await tcp(flood.port);
    const begun = new Promise<void>((resolve) =>
      socket.on('data', () => {
        socket.pause();
        resolve();
      }),
    );
    const length = `content-length: ${body.length}`;
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/connect+json\r\n${length}\r\n\r\n`,
    );
    socket.write(body);
    await begun;
    await expectCut(flood);
  });

  test.each(['its stream', 'its connection'])('over HTTP/2, %s, does not hold draining up', async (what) => {
    const flood = await startFlood();
    // Between the two, because Node.js always reads the connections of HTTP/2.
    const relay = net.createServer((client) => {
      const upstream = net.connect(flood.port, '127.0.0.1');
      client.pipe(upstream).pipe(client);
      for (const socket of [client, upstream]) socket.on('error', () => undefined);
      stopReading = () => upstream.unpipe(client).pause();
      onTestFinished(() => void upstream.destroy());
    });
    let stopReading = (): unknown => undefined;
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const { port } = relay.address() as net.AddressInfo;
    const session = http2.connect(`http://127.0.0.1:${port}`);
    onTestFinished(() => {
      session.destroy();
      relay.close();
    });
    const call = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/connect+json',
    });
    for (const end of [session, call]) end.on('error', () => undefined);
    const begun = new Promise<void>((resolve) =>
      call.on('data', () => {
        if (what === 'its connection') stopReading();
        call.pause();
        resolve();
      }),
    );
    call.end(body);
    await begun;
    await expectCut(flood);
  });
});

test('readiness, also over gRPC, tells of draining before the end', async () => {
  const { url, server, readiness } = await start();
  const client = createClient(Health, transport('gRPC, h2c', url));
  const watch = client.watch({ service: '' })[Symbol.asyncIterator]();
  expect((await watch.next()).value?.status).toBe(Status.SERVING);
  const drained = server.drain();
  expect((await watch.next()).value?.status).toBe(Status.NOT_SERVING);
  await expect(watch.next()).rejects.toMatchObject({ code: Code.Unavailable });
  expect(await readiness.report()).toMatchObject({ ready: false, draining: true });
  expect(await drained).toBe(true);
});

test('a port in use is one sentence', async () => {
  const { port } = await start();
  const second = startServer({ server: { port }, routes: () => undefined });
  await expect(second).rejects.toThrow(StartupError);
  await expect(second).rejects.toThrow(`port ${port} on 127.0.0.1 is already in use`);
});

describe('signals', () => {
  function fakeProcess() {
    const exit = Promise.withResolvers<number>();
    const handlers = new Map<string, () => void>();
    const codes: number[] = [];
    const process = {
      on: (event: string, handler: () => void) => handlers.set(event, handler),
      exit: (code: number) => {
        codes.push(code);
        exit.resolve(code);
      },
    };
    return {
      process: process as never,
      exit: exit.promise,
      codes,
      raise: (signal: string) => handlers.get(signal)?.(),
    };
  }
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined } as never;

  test('the rest is closed in order after draining, then the process ends with 0', async () => {
    const host = fakeProcess();
    const order: string[] = [];
    const step = (name: string) => async () => void order.push(name);
    const drain = async () => {
      order.push('drain');
      return true;
    };
    shutdownOnSignal({
      logger,
      server: { drain },
      close: [step('watch'), step('database')],
      process: host.process,
    });
    host.raise('SIGTERM');
    expect(await host.exit).toBe(0);
    expect(order).toEqual(['drain', 'watch', 'database']);
  });

  test('a second signal ends the process at once', async () => {
    const host = fakeProcess();
    const drain = () => new Promise<boolean>(() => undefined);
    shutdownOnSignal({ logger, server: { drain }, close: [], process: host.process });
    host.raise('SIGTERM');
    expect(host.codes).toEqual([]);
    host.raise('SIGINT');
    expect(host.codes).toEqual([1]);
  });

  test.each([
    ['fails', () => Promise.reject(new Error('x'))],
    ['hangs', () => new Promise<void>(() => undefined)],
  ])('closing that %s ends the process with 1', async (_, close) => {
    const host = fakeProcess();
    const drain = async () => true;
    shutdownOnSignal({
      logger,
      server: { drain },
      close: [close],
      closeTimeoutMs: 20,
      process: host.process,
    });
    host.raise('SIGINT');
    expect(await host.exit).toBe(1);
  });
});
