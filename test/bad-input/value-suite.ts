import type { DescMethodServerStreaming, DescMethodUnary, Message } from '@bufbuild/protobuf';
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientsOver, openTransport, startTestService, type TestService } from '../rpc/harness.ts';
import { actionId, PLACE, runId } from '../rpc/requests.ts';
import { createWorld, goodRequests } from './good-requests.ts';
import { findContradictions } from './invariants.ts';
import { mutations } from './mutations.ts';

/** What a refusal may say: that the caller is to blame, and how. */
const REFUSALS = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.FailedPrecondition,
  Code.Aborted,
  Code.ResourceExhausted,
  Code.Unimplemented,
]);
const names = goodRequests({ run: 'r', tracked: 't', project: 'p', inputs: '/', secret: 's' }).map(
  ({ name }, i) => [name, i] as const,
);

/** Every field of every request, one at a time, set to what it should not be; a file per database, so that they run side by side. */
export function valueSuite(dialect: 'sqlite' | 'postgres'): void {
  describe(`Every field of every request, set to what it should not be, ${dialect}`, () => {
    let service: TestService;
    let opened: ReturnType<typeof openTransport>;
    beforeAll(async () => {
      service = await startTestService(dialect);
      opened = openTransport('gRPC over h2c', service.url);
    });
    afterAll(async () => {
      opened?.close();
      await service?.remove();
    });

    test.each(names)('%s', async (_, index) => {
      const good = goodRequests(await createWorld(clientsOver(opened.transport)))[index];
      if (good === undefined) throw new Error('there is no such request');
      const call = (message: Message) => firstAnswer(opened.transport, good.method, message);
      const defects: string[] = [];
      const refused: Message[] = [];
      await inParallel(mutations(good.method.input, good.request, good.fields), async ({ what, message }) => {
        const failure = await call(message).then(
          () => undefined,
          (error: unknown) => ConnectError.from(error),
        );
        if (!failure) return;
        refused.push(message);
        if (REFUSALS.has(failure.code) && failure.rawMessage !== '') return;
        defects.push(`${what}: ${Code[failure.code]} ${failure.rawMessage} ${causeOf(service)}`);
      });
      expect(defects).toEqual([]);
      // The same messages again, alone: they leave nothing behind.
      const before = await service.rowCounts();
      await inParallel(refused, (message) => expect(call(message)).rejects.toThrow());
      expect(await service.rowCounts()).toEqual(before);
    });

    // The same on both databases, as they keep the same bytes.
    test.runIf(dialect === 'sqlite')('what was accepted can be read as JSON', async () => {
      const { transport } = openTransport('JSON over HTTP/1.1', service.url);
      const { runs, tracked } = clientsOver(transport);
      const stored = await service.dialect.reader
        .selectFrom('actions')
        .innerJoin('runs', 'runs.id', 'actions.run_id')
        .select(['actions.name', 'runs.name as run', 'runs.kind', 'runs.project', 'runs.domain'])
        .execute();
      expect(stored.length).toBeGreaterThan(500);
      const defects: string[] = [];
      await inParallel(stored, async (row) => {
        const client = row.kind === 'TRACKED' ? tracked : runs;
        const run = { ...runId(row.run), project: row.project, domain: row.domain };
        const read: Promise<unknown> =
          row.name === 'a0'
            ? client.getRunDetails({ runId: run })
            : client.getActionDetails({ actionId: { ...actionId(row.run, row.name), run } });
        await read.catch((error) => {
          defects.push(`${row.run}/${row.name}: ${ConnectError.from(error).message} ${causeOf(service)}`);
        });
      });
      expect(defects).toEqual([]);
    });

    test('what was accepted does not contradict itself', async () => {
      expect(await findContradictions(service.dialect)).toEqual({});
    });

    test('what was accepted can be listed and watched', async () => {
      const { transport } = openTransport('JSON over HTTP/1.1', service.url);
      const { runs, tracked } = clientsOver(transport);
      const scope = { case: 'org', value: PLACE.org } as const;
      for (const client of [runs, tracked]) {
        for (const key of ['created_at', 'updated_at', 'ended_at', 'duration_ms', 'name']) {
          let token = '';
          do {
            const request = { limit: 1000, token, sortByFields: [{ key }] };
            ({ token } = await client.listRuns({ scopeBy: scope, request }));
          } while (token !== '');
        }
        for await (const _ of client.watchRuns({ target: scope })) break;
      }
      const placeId = { organization: PLACE.org, domain: PLACE.domain, name: PLACE.project };
      const project = { case: 'projectId', value: placeId } as const;
      const startDate = { seconds: -62_135_596_800n };
      const endDate = { seconds: 253_402_300_799n };
      let groups = 0;
      for await (const { taskGroups } of runs.watchGroups({ scopeBy: project, startDate, endDate }))
        groups += taskGroups.length;
      expect(groups).toBeGreaterThan(0);
    });
  });
}

/** The answer, or the first message of a stream, which is then left. */
async function firstAnswer(
  transport: Transport,
  method: DescMethodUnary | DescMethodServerStreaming,
  message: Message,
): Promise<unknown> {
  if (method.methodKind === 'unary')
    return transport.unary(method, undefined, 20_000, undefined, message as never);
  const left = new AbortController();
  const requests = (async function* () {
    yield message as never;
  })();
  const stream = await transport.stream(method, left.signal, undefined, undefined, requests);
  for await (const answer of stream.message) {
    left.abort();
    return answer;
  }
  return undefined;
}

/** A few at a time. */
async function inParallel<T>(items: Iterable<T>, work: (item: T) => unknown): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** What the log says of the last failure. */
function causeOf(service: TestService): string {
  const { err } = service.lines.at(-1) ?? {};
  return typeof err === 'object' && err !== null && 'message' in err ? String(err.message) : '';
}
