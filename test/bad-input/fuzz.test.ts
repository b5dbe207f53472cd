import type { DescMethodUnary, Message } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientsOver, openTransport, startTestService, type TestService } from '../rpc/harness.ts';
import {
  actionId,
  conditionRequest,
  createRunRequest,
  newName,
  runId,
  taskRequest,
} from '../rpc/requests.ts';
import { dialects } from '../support/databases.ts';
import { anyMessage, type Known } from './messages.ts';
import { unaryMethods } from './methods.ts';

const RUNS = process.env.FUZZ_RUNS ? Number(process.env.FUZZ_RUNS) : 40;
/** Codes that say that the service itself is at fault, or that it does not know what happened. */
const OURS = new Set([Code.Internal, Code.Unknown, Code.DataLoss, Code.Unavailable, Code.DeadlineExceeded]);

describe.each(dialects)('Random messages, $name', ({ name }) => {
  let service: TestService;
  let names: Known;
  let grpc: ReturnType<typeof openTransport>;

  beforeAll(async () => {
    service = await startTestService(name);
    grpc = openTransport('gRPC over h2c', service.url);
    const { runs, tracked, internal } = clientsOver(grpc.transport);
    names = { runs: [newName(), newName()], actions: ['a0', 'a1', 'c1'] };
    const [run = '', trackedRun = ''] = names.runs;
    await runs.createRun(createRunRequest(run));
    await internal.recordAction(taskRequest(run, 'a1'));
    await internal.recordAction(conditionRequest(run, 'c1'));
    const { id, task } = createRunRequest(trackedRun);
    if (id.case === 'runId' && task.case === 'taskSpec') await tracked.createRun({ id, task });
  });
  afterAll(async () => {
    grpc?.close();
    await service?.remove();
  });

  const call = async (method: DescMethodUnary, message: Message) => {
    try {
      await grpc.transport.unary(method, undefined, 20_000, undefined, message as never);
      return undefined;
    } catch (error) {
      return ConnectError.from(error);
    }
  };

  test.each(unaryMethods.map((method) => [`${method.parent.name}.${method.name}`, method] as const))(
    '%s',
    async (_, method) => {
      const arbitrary = anyMessage(method.input, names);
      if (!arbitrary) throw new Error('no messages');
      await fc.assert(
        fc.asyncProperty(arbitrary, async (message) => {
          const failure = await call(method, message);
          if (failure && OURS.has(failure.code)) {
            const line = service.lines.at(-1);
            expect.fail(`${Code[failure.code]}: ${failure.rawMessage} ${JSON.stringify(line)}`);
          }
        }),
        { numRuns: RUNS, interruptAfterTimeLimit: 20_000 },
      );
    },
  );

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
