import { gzipSync } from 'node:zlib';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { describe, expect, test } from 'vitest';
import type { ServerConfig } from '../../src/config.ts';
import { ViolationsSchema } from '../../src/gen/buf/validate/validate_pb.js';
import {
  InternalRunService,
  type UpdateActionStatusStreamRequest,
} from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { pipeline } from '../../src/rpc/internal-run/pipeline.ts';
import { notFound } from '../../src/runs/errors.ts';
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

describe.each([true, false])('fastPath: %s', (fastPath) => {
  const start = (handler: Handler, server?: Partial<ServerConfig>) => startStream(fastPath, handler, server);

  test('the handler is told as handlers are, and answers after the client has ended', async () => {
    const { open, contexts } = await start(async function* (requests, context) {
      context.responseHeader.set('x-head', context.requestHeader.get('x-mine') ?? '');
      const seen: UpdateActionStatusStreamRequest[] = [];
      for await (const one of requests) seen.push(one);
      context.responseTrailer.set('x-tail', `${seen.length}`);
      for (const { nonce } of seen) yield { nonce };
    });
    const call = open({ 'x-mine': 'yes' });
    for (const n of upTo(3)) call.stream.write(envelope(request(n)));
    call.stream.end();
    expect((await call.answers(3)).map(nonceOf)).toEqual([0, 1, 2]);
    expect((await call.over).headers).toMatchObject({ 'x-head': 'yes', 'x-tail': '3', 'grpc-status': '0' });
    expect(contexts.map((context) => Object.getPrototypeOf(context) === Object.prototype)).toEqual([
      !fastPath,
    ]);
  });

  test('many messages that nobody waits for, in chunks of any size, are answered in order', async () => {
    const { open } = await start((requests) =>
      pipeline(
        requests,
        async ({ nonce }): Promise<Answer> => {
          // One in three takes longer than those around it.
          if (nonce % 3n === 0n) await new Promise(setImmediate);
          return { nonce };
        },
        64,
      ),
    );
    const call = open();
    const all = Buffer.concat(upTo(5000).map((n) => envelope(request(n, 'x'.repeat(n % 200)))));
    for (let at = 0, size = 1; at < all.length; at += size, size = (size * 7) % 40_009)
      call.stream.write(all.subarray(at, at + size));
    call.stream.end();
    expect(await statusOf(call)).toEqual([0, '']);
    expect((await call.answers(5000)).map(nonceOf)).toEqual(upTo(5000));
  });

  test('a message that is too large ends the stream, after the answers to those before it', async () => {
    const { open } = await start(echo, { readMaxBytes: 65_536 });
    const call = open();
    call.stream.write(Buffer.concat([envelope(request(0)), envelope(request(1, 'x'.repeat(60_000)))]));
    await call.answers(2);
    call.stream.end(envelope(Buffer.alloc(70_000)));
    expect(await statusOf(call)).toEqual([Code.ResourceExhausted, expect.stringMatching(/70000/)]);
    expect((await call.answers(2)).map(nonceOf)).toEqual([0, 1]);
  });

  test('each message may be compressed or not; a bomb ends the stream', async () => {
    const { open } = await start(echo, { readMaxBytes: 65_536 });
    const call = open({ 'grpc-encoding': 'gzip' });
    const zipped = (data: Uint8Array) => envelope(gzipSync(data), 1);
    call.stream.write(zipped(request(0)));
    call.stream.write(Buffer.concat([envelope(request(1)), zipped(request(2, 'x'.repeat(9000)))]));
    call.stream.write(Buffer.concat([zipped(request(3)), envelope(request(4))]));
    expect((await call.answers(5)).map(nonceOf)).toEqual([0, 1, 2, 3, 4]);
    call.stream.end(zipped(Buffer.alloc(2 ** 20)));
    expect(await statusOf(call)).toEqual([Code.ResourceExhausted, expect.stringMatching(/decompression/)]);
  });

  test('long answers are compressed for clients that take it', async () => {
    const message = 'x'.repeat(20_000);
    const { url, open } = await start(async function* (requests) {
      for await (const { nonce } of requests) yield { nonce, response: { status: { message } } };
    });
    const raw = open({ 'grpc-accept-encoding': 'gzip' });
    raw.stream.end(envelope(request(0)));
    const { headers, body } = await raw.over;
    expect(headers['grpc-encoding']).toBe('gzip');
    expect(body[0]).toBe(1);
    const client = createClient(InternalRunService, createGrpcTransport({ baseUrl: url }));
    const seen: (string | undefined)[] = [];
    async function* requests() {
      yield { nonce: 1n };
      yield { nonce: 2n };
    }
    for await (const { response } of client.updateActionStatusStream(requests()))
      seen.push(response?.status?.message);
    expect(seen).toEqual([message, message]);
  });

  test.each([
    ['half a message', envelope(request(2)).subarray(0, 9), /incomplete/],
    ['half a prefix', Buffer.alloc(3), /incomplete/],
    ['what is no message', envelope(Buffer.from([0xff])), /parse binary/],
    ['a compressed message without saying how', Buffer.from([1, 0, 0, 0, 0]), /compressed/],
  ])('%s ends the stream, after the answers to what came before', async (_, last, sentence) => {
    const { open } = await start(echo);
    const call = open();
    call.stream.write(envelope(request(0)));
    await call.answers(1);
    call.stream.end(Buffer.concat([envelope(request(1)), last]));
    expect(await statusOf(call)).toEqual([Code.InvalidArgument, expect.stringMatching(sentence)]);
    expect((await call.answers(2)).map(nonceOf)).toEqual([0, 1]);
  });

  test('a handler that fails in the middle ends the stream with its error', async () => {
    const { open, logged } = await start(async function* (requests) {
      for await (const { nonce } of requests) {
        if (nonce === 2n) throw notFound('there is no such run');
        yield { nonce };
      }
    });
    const call = open();
    for (const n of upTo(20)) call.stream.write(envelope(request(n)));
    call.stream.end();
    expect(await statusOf(call)).toEqual([Code.NotFound, 'there is no such run']);
    expect((await call.answers(2)).map(nonceOf)).toEqual([0, 1]);
    expect(await logged(({ rpc }) => rpc === path.slice(1))).toMatchObject({
      code: 'not_found',
      level: 'warn',
    });
  });

  test('a stream without a message', async () => {
    const { open } = await start(echo);
    const call = open();
    call.stream.end();
    expect(await statusOf(call)).toEqual([0, '']);
  });

  test('details of an error arrive in the middle of a stream', async () => {
    const { url } = await start(async function* (requests) {
      for await (const { nonce } of requests) {
        yield { nonce };
        throw new ConnectError('wrong', Code.InvalidArgument, undefined, [
          { desc: ViolationsSchema, value: { violations: [{ ruleId: 'mine' }] } },
        ]);
      }
    });
    const client = createClient(InternalRunService, createGrpcTransport({ baseUrl: url }));
    async function* requests() {
      yield { nonce: 1n };
    }
    const seen: bigint[] = [];
    const failure = await (async () => {
      for await (const { nonce } of client.updateActionStatusStream(requests())) seen.push(nonce);
    })().catch((error: unknown) => ConnectError.from(error));
    expect(seen).toEqual([1n]);
    expect(failure?.findDetails(ViolationsSchema)[0]?.violations[0]?.ruleId).toBe('mine');
  });
});
