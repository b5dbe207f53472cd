import { constants } from 'node:http2';
import { Code } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import type { ServerConfig } from '../../src/config.ts';
import { pipeline } from '../../src/rpc/internal-run/pipeline.ts';
import { eventually } from './harness.ts';
import { envelope } from './raw.ts';
import {
  type Answer,
  echo,
  type Handler,
  nonceOf,
  path,
  request,
  startStream,
  statusOf,
  upTo,
} from './request-streams.ts';

/** Ends only when its call does. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

describe.each([true, false])('fastPath: %s', (fastPath) => {
  const start = (handler: Handler, server?: Partial<ServerConfig>) => startStream(fastPath, handler, server);

  test('a handler may end without reading what else is sent', async () => {
    const { open } = await start(async function* (requests) {
      for await (const { nonce } of requests) {
        yield { nonce };
        break;
      }
    });
    const call = open();
    for (const n of upTo(500)) call.stream.write(envelope(request(n, 'x'.repeat(2000))));
    call.stream.end();
    expect(await statusOf(call)).toEqual([0, '']);
    expect((await call.answers(1)).map(nonceOf)).toEqual([0]);
  });

  test('a deadline ends a stream with messages under way', async () => {
    const { open, contexts } = await start((requests) =>
      pipeline(
        requests,
        async ({ nonce }): Promise<Answer> => {
          if (nonce > 0n) await new Promise(() => {});
          return { nonce };
        },
        8,
      ),
    );
    const call = open({ 'grpc-timeout': '200m' });
    for (const n of upTo(100)) call.stream.write(envelope(request(n, 'x'.repeat(5000))));
    expect(await statusOf(call)).toEqual([Code.DeadlineExceeded, expect.any(String)]);
    expect((await call.answers(1)).map(nonceOf)).toEqual([0]);
    expect(contexts[0]?.signal.aborted).toBe(true);
  });

  test.each(['reads', 'does not read'])('a handler that %s learns that its client has gone', async (what) => {
    const ended = Promise.withResolvers<void>();
    const { open, logged } = await start(async function* (requests, { signal }) {
      yield { nonce: 0n };
      if (what === 'reads') for await (const { nonce } of requests) yield { nonce };
      else await untilAborted(signal);
      ended.resolve();
    });
    const call = open();
    await call.answers(1);
    // More than is read ahead for a handler.
    for (const n of upTo(200)) call.stream.write(envelope(request(n, 'x'.repeat(2000))));
    if (what === 'reads') await call.answers(50);
    call.stream.close(constants.NGHTTP2_CANCEL);
    expect(await logged(({ rpc }) => rpc === path.slice(1))).toMatchObject({ code: 'canceled' });
    if (what !== 'reads') await ended.promise;
  });

  test('draining ends streams, also one whose handler does not read, and what was answered arrives', async () => {
    const { open, server } = await start(async function* (_, { signal }) {
      yield { nonce: 7n };
      await untilAborted(signal);
    });
    const call = open();
    for (const n of upTo(500)) call.stream.write(envelope(request(n, 'x'.repeat(2000))));
    call.stream.end();
    await call.answers(1);
    const drained = server.drain();
    expect(await statusOf(call)).toEqual([Code.Unavailable, expect.stringMatching(/^draining: /)]);
    expect(await drained).toBe(true);
  });

  test('a client whose messages are not read has to wait; then all of them come', async () => {
    const go = Promise.withResolvers<void>();
    const { open } = await start(async function* (requests) {
      await go.promise;
      yield* echo(requests);
    });
    const call = open();
    const each = envelope(request(0, 'x'.repeat(2000))).length;
    const count = 2000;
    for (const n of upTo(count)) call.stream.write(envelope(request(n + 1000, 'x'.repeat(2000))));
    call.stream.end();
    await call.settled();
    const taken = count * each - call.stream.writableLength - call.stream.bufferSize;
    expect(taken).toBeLessThan(512 * 1024);
    go.resolve();
    expect((await call.answers(count)).map(nonceOf)).toEqual(upTo(count).map((n) => n + 1000));
    expect(await statusOf(call)).toEqual([0, '']);
  });

  test('answers that are not read hold their handler up', async () => {
    let made = 0;
    const message = 'x'.repeat(10_000);
    const { open } = await start(async function* () {
      for (; made < 1000; made++) yield { nonce: BigInt(made), response: { status: { message } } };
    });
    const call = open();
    call.stream.pause();
    call.stream.end();
    await call.settled();
    expect(made).toBeLessThan(100);
    call.stream.resume();
    expect((await call.answers(1000)).map(nonceOf)).toEqual(upTo(1000));
  });

  test('streams count, and places come back', async () => {
    const { open, metrics } = await start(echo, { maxStreamsPerClient: 1 });
    const first = open();
    first.stream.write(envelope(request(0)));
    await first.answers(1);
    const second = open();
    second.stream.end();
    expect(await statusOf(second)).toEqual([Code.ResourceExhausted, expect.any(String)]);
    const streams = async () =>
      /runs_rpc_open_streams\{.*UpdateActionStatusStream"\} (\d+)/.exec((await metrics.render()).body)?.[1];
    expect(await streams()).toBe('1');
    first.stream.end();
    expect(await statusOf(first)).toEqual([0, '']);
    await eventually(async () => (await streams()) === '0');
  });
});
