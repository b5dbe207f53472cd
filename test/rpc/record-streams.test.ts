import { type MessageInitShape, toBinary, create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import type {
  RecordActionEventStreamRequestSchema,
  RecordActionStreamRequestSchema,
} from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import {
  InternalRunService,
  UpdateActionStatusStreamRequestSchema,
} from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { envelope, h2 } from '../server/raw.ts';
import { clientsOver, expectError, openTransport, startTestService, suites } from './harness.ts';
import { actionId, createRun, event, newName, Phase, taskRequest } from './requests.ts';

type EventRequest = MessageInitShape<typeof RecordActionEventStreamRequestSchema>;
type ActionRequest = MessageInitShape<typeof RecordActionStreamRequestSchema>;
type StatusRequest = MessageInitShape<typeof UpdateActionStatusStreamRequestSchema>;

/** A sender that sends everything without waiting for an answer. */
async function* all<T>(messages: Iterable<T>): AsyncGenerator<T> {
  yield* messages;
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const message of stream) got.push(message);
  return got;
}

suites('InternalRunService, streams', { over: ['gRPC over h2c', 'Connect over h2c'] }, (suite) => {
  const phaseOf = async (run: string, action: string) =>
    (await suite.runs.getActionDetails({ actionId: actionId(run, action) })).details?.status?.phase;

  test('many messages that nobody waits for (1,000 over gRPC) are answered in their order', async () => {
    const length = suite.name === 'gRPC over h2c' ? 1000 : 200;
    const run = await createRun(suite);
    const messages = Array.from(
      { length },
      (_, i): EventRequest => ({
        request: {
          event: event(run, 'a0', Phase.RUNNING, { version: i, clusterEvents: [{ message: `${i}` }] }),
        },
        nonce: BigInt(i) * 7n - 3n,
      }),
    );
    const answers = await collect(suite.internal.recordActionEventStream(all(messages)));
    expect(answers.map(({ nonce }) => nonce)).toEqual(messages.map(({ nonce }) => nonce));
    expect(new Set(answers.map(({ response }) => response?.status?.code))).toEqual(new Set([0]));
    const { details } = await suite.runs.getActionDetails({ actionId: actionId(run) });
    expect(details?.attempts[0]?.clusterEvents).toHaveLength(length);
  });

  test('so are those of the other two streams', async () => {
    const run = await createRun(suite);
    const names = Array.from({ length: 100 }, (_, i) => `t${i}`);
    const actions = names.map((name): ActionRequest => ({ request: taskRequest(run, name) }));
    const recorded = await collect(suite.internal.recordActionStream(all(actions)));
    expect(recorded.map(({ response }) => response?.actionId?.name)).toEqual(names);
    const statuses = names.map(
      (name, i): StatusRequest => ({
        request: { actionId: actionId(run, name), status: { phase: Phase.SUCCEEDED, attempts: 1 } },
        nonce: BigInt(-i),
      }),
    );
    const moved = await collect(suite.internal.updateActionStatusStream(all(statuses)));
    expect(moved.map(({ nonce }) => nonce)).toEqual(names.map((_, i) => BigInt(-i)));
    const codes = [...recorded, ...moved].map(({ response }) => response?.status?.code);
    expect(new Set(codes)).toEqual(new Set([0]));
    expect(await phaseOf(run, 't99')).toBe(Phase.SUCCEEDED);
  });

  test('each answer comes when its message is stored, not when the stream ends', async () => {
    const run = await createRun(suite);
    const answered = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    async function* oneByOne(): AsyncGenerator<EventRequest> {
      yield { request: { event: event(run, 'a0', Phase.INITIALIZING) }, nonce: 1n };
      await answered[0]?.promise;
      expect(await phaseOf(run, 'a0')).toBe(Phase.INITIALIZING);
      yield { request: { event: event(run, 'a0', Phase.RUNNING) }, nonce: 2n };
      await answered[1]?.promise;
    }
    let n = 0;
    for await (const { nonce } of suite.internal.recordActionEventStream(oneByOne())) {
      expect(nonce).toBe(BigInt(n + 1));
      answered[n++]?.resolve();
    }
    expect(n).toBe(2);
  });

  test('a message that is refused gets a status of its own, and the stream goes on', async () => {
    const run = await createRun(suite);
    const messages: EventRequest[] = [
      { request: { event: event(run, 'a0', Phase.INITIALIZING) }, nonce: 1n },
      { request: { event: event(run, 'unknown', Phase.RUNNING) }, nonce: 2n },
      { request: { event: event(newName('none'), 'a0', Phase.RUNNING) }, nonce: 3n },
      { request: { event: event(run, 'a0', Phase.RUNNING, { attempt: 0 }) }, nonce: 4n },
      { request: { event: event(run, 'a0', 42 as Phase) }, nonce: 5n },
      { nonce: 6n },
      { request: {}, nonce: 7n },
      { request: { event: event(run, 'a0', Phase.RUNNING, { cluster: '\u0000' }) }, nonce: 8n },
      { request: { event: event(run, 'a0', Phase.RUNNING) }, nonce: 9n },
    ];
    const answers = await collect(suite.internal.recordActionEventStream(all(messages)));
    expect(answers.map(({ nonce, response }) => [nonce, Code[response?.status?.code ?? -1] ?? 'OK'])).toEqual(
      [
        [1n, 'OK'],
        [2n, 'NotFound'],
        [3n, 'NotFound'],
        [4n, 'InvalidArgument'],
        [5n, 'InvalidArgument'],
        [6n, 'InvalidArgument'],
        [7n, 'InvalidArgument'],
        [8n, 'InvalidArgument'],
        [9n, 'OK'],
      ],
    );
    expect(answers[1]?.response).toMatchObject({
      actionId: actionId(run, 'unknown'),
      status: { message: expect.stringMatching(/unknown/) },
    });
    expect(await phaseOf(run, 'a0')).toBe(Phase.RUNNING);
  });

  test('the same for the other two', async () => {
    const run = await createRun(suite);
    const recorded = await collect(
      suite.internal.recordActionStream(
        all<ActionRequest>([
          {},
          { request: { actionId: actionId(run, 'a1') } },
          { request: taskRequest(newName('none'), 'a1') },
          { request: taskRequest(run, 'a2') },
        ]),
      ),
    );
    expect(recorded.map(({ response }) => response?.status?.code)).toEqual([
      Code.InvalidArgument,
      Code.InvalidArgument,
      Code.NotFound,
      0,
    ]);
    const moved = await collect(
      suite.internal.updateActionStatusStream(
        all<StatusRequest>([
          { nonce: 1n },
          {
            request: { actionId: actionId(run, 'none'), status: { phase: Phase.RUNNING, attempts: 1 } },
            nonce: 2n,
          },
          {
            request: { actionId: actionId(run, 'a2'), status: { phase: Phase.RUNNING, attempts: 1 } },
            nonce: 3n,
          },
        ]),
      ),
    );
    expect(moved.map(({ nonce, response }) => [nonce, response?.status?.code])).toEqual([
      [1n, Code.InvalidArgument],
      [2n, Code.NotFound],
      [3n, 0],
    ]);
  });

  test('an empty stream ends as it began', async () => {
    expect(await collect(suite.internal.recordActionStream(all<ActionRequest>([])))).toEqual([]);
  });

  test('a sender that goes away leaves what was acknowledged', async () => {
    const run = await createRun(suite);
    const gone = new AbortController();
    async function* endless(): AsyncGenerator<EventRequest> {
      yield { request: { event: event(run, 'a0', Phase.RUNNING) }, nonce: 1n };
      await new Promise((_, reject) =>
        gone.signal.addEventListener('abort', () => reject(new Error('gone'))),
      );
    }
    const answers: bigint[] = [];
    const stream = async () => {
      for await (const { nonce } of suite.internal.recordActionEventStream(endless(), {
        signal: gone.signal,
      })) {
        answers.push(nonce);
        gone.abort();
      }
    };
    await expect(stream()).rejects.toThrow(ConnectError);
    expect(answers).toEqual([1n]);
    expect(await phaseOf(run, 'a0')).toBe(Phase.RUNNING);
  });
});

suites('A stream with something that is no message', { over: ['gRPC over h2c'] }, (suite) => {
  test('ends itself, and only itself', async () => {
    const run = await createRun(suite);
    const { method } = InternalRunService;
    const neighbour = { done: Promise.withResolvers<void>() };
    async function* held(): AsyncGenerator<EventRequest> {
      yield { request: { event: event(run, 'a0', Phase.INITIALIZING) }, nonce: 1n };
      await neighbour.done.promise;
      yield { request: { event: event(run, 'a0', Phase.RUNNING) }, nonce: 2n };
    }
    const other = collect(suite.internal.recordActionEventStream(held()));
    const good = toBinary(
      UpdateActionStatusStreamRequestSchema,
      create(UpdateActionStatusStreamRequestSchema, {
        request: { actionId: actionId(run), status: { phase: Phase.QUEUED, attempts: 1 } },
      }),
    );
    const answer = await h2(
      suite.service.url,
      {
        ':path': `/${InternalRunService.typeName}/${method.updateActionStatusStream.name}`,
        'content-type': 'application/grpc',
        te: 'trailers',
      },
      Buffer.concat([envelope(good), envelope('garbage'), envelope(good)]),
    );
    expect(Number(answer.headers['grpc-status'])).toBe(Code.InvalidArgument);
    neighbour.done.resolve();
    expect((await other).map(({ nonce, response }) => [nonce, response?.status?.code])).toEqual([
      [1n, 0],
      [2n, 0],
    ]);
  });
});

test.each(['sqlite', 'postgres'] as const)(
  'a stream ends UNAVAILABLE when the service stops, %s',
  async (dialect) => {
    const service = await startTestService(dialect);
    const { transport, close } = openTransport('gRPC over h2c', service.url);
    const clients = clientsOver(transport);
    const run = await createRun(clients);
    const stopped = Promise.withResolvers<void>();
    async function* waiting(): AsyncGenerator<EventRequest> {
      yield { request: { event: event(run, 'a0', Phase.RUNNING) }, nonce: 1n };
      await stopped.promise;
    }
    const answers: bigint[] = [];
    const stream = async () => {
      for await (const { nonce } of clients.internal.recordActionEventStream(waiting())) {
        answers.push(nonce);
        void service.server.drain();
      }
    };
    await expectError(stream(), Code.Unavailable, /draining/);
    expect(answers).toEqual([1n]);
    stopped.resolve();
    await service.remove();
    close();
  },
);
