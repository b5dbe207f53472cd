import type { DescMethodUnary, Message } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientsOver, openTransport, startTestService, type TestService } from '../rpc/harness.ts';
import { actionId, runId, taskRequest } from '../rpc/requests.ts';
import { dialects } from '../support/databases.ts';
import { createWorld, goodRequests, type World } from './good-requests.ts';
import { findContradictions } from './invariants.ts';
import { anyMessage, type Known } from './messages.ts';
import { unaryMethods } from './methods.ts';
import { changes } from './mutations.ts';

const RUNS = process.env.FUZZ_RUNS ? Number(process.env.FUZZ_RUNS) : 40;
const goodNames = goodRequests({ run: 'r', tracked: 't', project: 'p', inputs: '/', secret: 's' }).map(
  ({ name }, i) => [name, i] as const,
);
/** Codes that say that the service itself is at fault, or that it does not know what happened. */
const OURS = new Set([Code.Internal, Code.Unknown, Code.DataLoss, Code.Unavailable, Code.DeadlineExceeded]);

describe.each(dialects)('Random messages, $name', ({ name }) => {
  let service: TestService;
  let names: Known;
  let world: World;
  let grpc: ReturnType<typeof openTransport>;

  beforeAll(async () => {
    service = await startTestService(name);
    grpc = openTransport('gRPC over h2c', service.url);
    const clients = clientsOver(grpc.transport);
    world = await createWorld(clients);
    await clients.internal.recordAction(taskRequest(world.run, 'a1'));
    names = { runs: [world.run, world.tracked], actions: ['a0', 'a1', 'child', 'condition'] };
  });
  afterAll(async () => {
    grpc?.close();
    await service?.remove();
  });

  const check = async (method: DescMethodUnary, message: Message) => {
    try {
      await grpc.transport.unary(method, undefined, 20_000, undefined, message as never);
    } catch (error) {
      const { code, rawMessage } = ConnectError.from(error);
      const line = JSON.stringify(service.lines.at(-1));
      if (OURS.has(code)) expect.fail(`${Code[code]}: ${rawMessage} ${line} ${textOf(message)}`);
    }
  };

  test.each(unaryMethods.map((method) => [`${method.parent.name}.${method.name}`, method] as const))(
    '%s',
    async (_, method) => {
      const arbitrary = anyMessage(method.input, names);
      if (!arbitrary) throw new Error('no messages');
      await fc.assert(
        fc.asyncProperty(arbitrary, async (message) => {
          await check(method, message);
        }),
        { numRuns: RUNS, interruptAfterTimeLimit: 20_000 },
      );
    },
  );

  test.each(goodNames)('%s, changed in several fields', async (_, index) => {
    const good = goodRequests(world)[index];
    if (good?.method.methodKind !== 'unary') return;
    const { method, request } = good;
    const all = changes(method.input, request());
    const some = fc.array(fc.nat(all.length - 1), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(some, async (chosen) => {
        const message = request();
        for (const change of chosen) all[change]?.(message);
        await check(method, message);
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 20_000 },
    );
  });

  test('they leave no contradictions behind', async () => {
    expect(await findContradictions(service.dialect)).toEqual({});
  });

  test('what they left behind can be read as JSON', async () => {
    const { runs, tracked } = clientsOver(openTransport('JSON over HTTP/1.1', service.url).transport);
    const stored = await service.dialect.reader
      .selectFrom('actions')
      .innerJoin('runs', 'runs.id', 'actions.run_id')
      .select(['actions.name', 'runs.name as run', 'runs.kind', 'runs.project', 'runs.domain'])
      .limit(500)
      .execute();
    expect(stored.length).toBeGreaterThan(3);
    for (const row of stored) {
      const client = row.kind === 'TRACKED' ? tracked : runs;
      const run = { ...runId(row.run), project: row.project, domain: row.domain };
      await client.getActionDetails({ actionId: { ...actionId(row.run, row.name), run } });
      await client.getRunDetails({ runId: run });
    }
  });
});

/** A message as the failure shows it. */
function textOf(message: Message): string {
  return JSON.stringify(message, (_, value) => (typeof value === 'bigint' ? String(value) : value));
}
