import { createServer } from 'node:http';
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  DataProxyService,
  type TailLogsRequest,
  TailLogsRequestSchema,
  type TailLogsResponse,
  TailLogsResponseSchema,
} from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { TailLogsRequestSchema as OlderRequestSchema } from '../../src/gen/flyteidl2/workflow/run_logs_service_pb.js';
import { openPeer } from '../../src/remote/peer.ts';
import { createRemoteLogs } from '../../src/remote/remote-logs.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { tailLogs } from '../../src/rpc/dataproxy/tail-logs.ts';
import { tailRunLogs } from '../../src/rpc/run-logs/tail-logs.ts';
import { named, newRun } from '../repository/fixtures.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { openReplica, type Replica, read } from '../watch/harness.ts';

type Tail = (request: TailLogsRequest, context: HandlerContext) => AsyncGenerator<TailLogsResponse>;

/** Another service, that has the logs or has no such RPC; answers its address. */
async function startOther(tail: Tail | undefined): Promise<string> {
  const server = createServer(
    connectNodeAdapter({
      routes: (router) => (tail ? router.service(DataProxyService, { tailLogs: tail }) : router),
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

const lines = (...messages: string[]) =>
  create(TailLogsResponseSchema, {
    logs: [{ lines: messages.map((message) => ({ message })), container: { kubernetesPodName: 'there' } }],
  });

describe.each(dialects)('logs of what another service executes, on $name', ({ create: createDatabase }) => {
  let database: TestDatabase;
  let replica: Replica;
  const { key } = named('r1');
  const actionId = { run: key.run, name: 'a0' };

  beforeAll(async () => {
    database = await createDatabase();
    replica = await openReplica(database);
    await replica.writer.submit(createRun(newRun('r1')));
  });

  afterAll(async () => {
    await replica.close();
    await database.drop();
  });

  function depsFor(url: string) {
    const peer = { url, protocol: 'connect' as const, caFile: undefined, deadlineMs: 100, warnAfterMs: 0 };
    const remote = createRemoteLogs(openPeer(peer, 'executor.remote'), url);
    return { ...replica, workDir: undefined, remote };
  }

  const tail = (url: string, request: object = {}) =>
    read((context) =>
      tailLogs(depsFor(url))(create(TailLogsRequestSchema, { actionId, attempt: 1, ...request }), context),
    );

  const text = (messages: readonly TailLogsResponse[]) =>
    messages.flatMap(({ logs }) => logs.flatMap((one) => one.lines.map(({ message }) => message)));

  it('are followed there, however long that takes, and end when they end there', async () => {
    const asked: TailLogsRequest[] = [];
    const release = Promise.withResolvers<void>();
    const url = await startOther(async function* (request, context) {
      asked.push(request);
      // The deadline of other calls would come with this one.
      expect(context.timeoutMs()).toBeUndefined();
      yield lines('one\n');
      await release.promise;
      yield lines('two\n', 'three\n');
    });
    const podSelector = { case: 'podName', value: 'there' };
    const reader = tail(url, { attempt: 2, podSelector });
    await reader.until((messages) => text(messages).length === 1);
    release.resolve();
    await reader.ended;
    expect(text(reader.messages)).toEqual(['one\n', 'two\n', 'three\n']);
    expect(reader.messages[0]?.logs[0]?.container?.kubernetesPodName).toBe('there');
    expect(asked).toMatchObject([{ actionId, attempt: 2, podSelector }]);
  });

  it('are answered to older clients in the same way', async () => {
    const url = await startOther(async function* () {
      yield lines('one\n');
    });
    const request = create(OlderRequestSchema, { actionId, attempt: 1 });
    const reader = read((context) => tailRunLogs(depsFor(url))(request, context));
    await reader.ended;
    expect(reader.messages[0]?.logs[0]?.lines[0]?.message).toBe('one\n');
  });

  it('are let go of there when the caller hangs up', async () => {
    const gone = Promise.withResolvers<void>();
    const url = await startOther(async function* (_, { signal }) {
      signal.addEventListener('abort', () => gone.resolve());
      yield lines('one\n');
      await gone.promise;
    });
    const reader = tail(url);
    await reader.until((messages) => messages.length === 1);
    await reader.stop();
    await gone.promise;
    await expect(reader.ended).rejects.toThrow('hung up');
  });

  it.each([
    [Code.NotFound, { code: 'not_found', message: 'no' }],
    [Code.PermissionDenied, { code: 'failed_precondition', message: expect.stringContaining('let this') }],
    [Code.Internal, { code: 'unavailable', message: expect.stringContaining('gave no answer: no') }],
  ])('what is said there about code %s is passed on', async (code, expected) => {
    const url = await startOther(async function* () {
      yield lines('one\n');
      throw new ConnectError('no', code);
    });
    const reader = tail(url);
    await expect(reader.ended).rejects.toMatchObject(expected);
    expect(reader.messages).toHaveLength(1);
  });

  it('are said to be elsewhere if that service has no such RPC, or is not there', async () => {
    const url = await startOther(undefined);
    await expect(tail(url).ended).rejects.toMatchObject({
      code: 'unimplemented',
      message: expect.stringContaining(`run at ${url}, which does not serve their logs`),
    });
    await expect(tail('http://127.0.0.1:1').ended).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('lie at http://127.0.0.1:1'),
    });
  });

  it('of an action that is not known here are not asked for', async () => {
    const url = await startOther(async function* () {
      yield lines('one\n');
    });
    await expect(tail(url, { actionId: { ...actionId, name: 'a7' } }).ended).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
