import { Code, ConnectError } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { Filter_Function } from '../../src/gen/flyteidl2/common/list_pb.js';
import { openTransport, clientsOver, expectError, startTestService, suites } from '../rpc/harness.ts';
import {
  actionId,
  createRun,
  createRunRequest,
  event,
  newName,
  PLACE,
  Phase,
  runId,
  taskRequest,
  taskSpec,
} from '../rpc/requests.ts';
import { read } from './harness.ts';

const over = { over: ['Connect over HTTP/1.1', 'gRPC over h2c', 'JSON over HTTP/1.1'] as const };

suites('watching over sockets', { over: [...over.over] }, (suite) => {
  const move = (run: string, phase: Phase, name = 'a0') =>
    suite.internal.updateActionStatus({ actionId: actionId(run, name), status: { phase, attempts: 1 } });

  test('details of a run and of its root action, until they have ended', async () => {
    const run = await createRun(suite);
    const ofRun = read(({ signal }) => suite.runs.watchRunDetails({ runId: runId(run) }, { signal }));
    const ofAction = read(({ signal }) =>
      suite.runs.watchActionDetails({ actionId: actionId(run) }, { signal }),
    );
    await Promise.all([ofRun.until((m) => m.length === 1), ofAction.until((m) => m.length === 1)]);
    await move(run, Phase.RUNNING);
    await ofAction.until((m) => m.some(({ details }) => details?.status?.phase === Phase.RUNNING));
    await suite.runs.abortRun({ runId: runId(run), reason: 'enough' });
    await Promise.all([ofRun.ended, ofAction.ended]);
    expect(ofRun.messages.at(-1)?.details?.action?.result).toMatchObject({
      case: 'abortInfo',
      value: { reason: 'enough' },
    });
    expect(ofAction.messages.at(-1)?.details).toEqual(ofRun.messages.at(-1)?.details?.action);
    const { details } = await suite.runs.getRunDetails({ runId: runId(run) });
    expect(ofRun.messages.at(-1)?.details).toEqual(details);
  });

  test('a tree, of which a part meets a filter', async () => {
    const run = await createRun(suite);
    await suite.internal.recordAction(taskRequest(run, 'b1'));
    const filter = [
      { field: 'PHASE', function: Filter_Function.VALUE_IN, values: [String(Phase.SUCCEEDED)] },
    ];
    const all = read(({ signal }) => suite.runs.watchActions({ runId: runId(run) }, { signal }));
    const some = read(({ signal }) => suite.runs.watchActions({ runId: runId(run), filter }, { signal }));
    await all.until((m) => m.flatMap((one) => one.enrichedActions).length >= 2);
    await some.until((m) => m.length === 1);
    await move(run, Phase.SUCCEEDED, 'b1');
    await some.until((m) => m.flatMap((one) => one.enrichedActions).length === 2);
    expect(some.messages.flatMap((m) => m.enrichedActions.map(({ action }) => action?.id?.name))).toEqual([
      'a0',
      'b1',
    ]);
    await all.until((m) => m.at(-1)?.enrichedActions.at(0)?.childrenPhaseCounts[Phase.SUCCEEDED] === 1);
    await Promise.all([all.stop(), some.stop()]);
  });

  test('a tree that is large enough to be compressed, to several at once and with what changes in it', async () => {
    const run = await createRun(suite);
    const names = Array.from({ length: 300 }, (_, i) => `n${i}`);
    await Promise.all(names.map((name) => suite.internal.recordAction(taskRequest(run, name))));
    const open = () => read(({ signal }) => suite.runs.watchActions({ runId: runId(run) }, { signal }));
    const all = [open(), open(), open()];
    const told = (reader: (typeof all)[number]) =>
      new Map(reader.messages.flatMap((m) => m.enrichedActions.map((one) => [one.action?.id?.name, one])));
    await Promise.all(
      all.map((reader) => reader.until(() => ['a0', ...names].every((name) => told(reader).has(name)))),
    );
    const [first] = all;
    for (const reader of all) expect(told(reader)).toEqual(first && told(first));
    const [one] = names;
    await move(run, Phase.SUCCEEDED, one);
    await Promise.all(
      all.map((reader) =>
        reader.until(
          () =>
            told(reader).get(one)?.action?.status?.phase === Phase.SUCCEEDED &&
            told(reader).get('a0')?.childrenPhaseCounts[Phase.SUCCEEDED] === 1,
        ),
      ),
    );
    await Promise.all(all.map((reader) => reader.stop()));
  });

  test('runs of one kind that do not exist yet', async () => {
    const project = newName('proj');
    const target = {
      case: 'projectId',
      value: { organization: PLACE.org, domain: PLACE.domain, name: project },
    } as const;
    const runs = read(({ signal }) => suite.runs.watchRuns({ target }, { signal }));
    const tracked = read(({ signal }) => suite.tracked.watchRuns({ target }, { signal }));
    await Promise.all([runs, tracked].map((reader) => reader.until((m) => m.length === 1)));
    expect(runs.messages[0]?.runs).toEqual([]);
    const id = (name: string) => ({ ...PLACE, project, name });
    const [own, far] = [newName('own'), newName('far')];
    await suite.tracked.createRun({
      id: { case: 'runId', value: id(far) },
      task: { case: 'taskSpec', value: taskSpec() },
    });
    await suite.runs.createRun(createRunRequest(own, { id: { case: 'runId', value: id(own) } }));
    const names = (reader: typeof runs) =>
      reader.messages.flatMap((m) => m.runs.map(({ action }) => action?.id?.run?.name));
    await runs.until(() => names(runs).includes(own));
    await tracked.until(() => names(tracked).includes(far));
    expect([...new Set(names(runs)), ...new Set(names(tracked))]).toEqual([own, far]);
    await Promise.all([runs.stop(), tracked.stop()]);
  });

  test('cluster events and groups', async () => {
    const run = await createRun(suite);
    const events = read(({ signal }) =>
      suite.runs.watchClusterEvents({ id: actionId(run), attempt: 1 }, { signal }),
    );
    await events.until((m) => m.length === 1);
    const clusterEvents = [{ message: 'pulled the image', occurredAt: { seconds: 5n } }];
    await suite.internal.recordActionEvents({ events: [event(run, 'a0', Phase.RUNNING, { clusterEvents })] });
    await events.until((m) => m.some((one) => one.clusterEvents[0]?.message === 'pulled the image'));
    await move(run, Phase.SUCCEEDED);
    await events.ended;

    const scopeBy = {
      case: 'projectId',
      value: { organization: PLACE.org, domain: PLACE.domain, name: PLACE.project },
    } as const;
    const groups = read(({ signal }) =>
      suite.runs.watchGroups(
        { scopeBy, startDate: { seconds: 0n }, endDate: { seconds: 9_000_000_000n } },
        { signal },
      ),
    );
    await groups.ended;
    expect(groups.messages.at(-1)?.sentinel).toBe(true);
    expect(groups.messages[0]?.taskGroups.map(({ shortName }) => shortName)).toContain('my_task');
  });

  test('of what is not there', async () => {
    const run = newName('none');
    const first = async (stream: AsyncIterable<unknown>) => {
      for await (const message of stream) return message;
      return undefined;
    };
    await expectError(first(suite.runs.watchActions({ runId: runId(run) })), Code.NotFound, new RegExp(run));
    await expectError(first(suite.runs.watchRuns({})), Code.InvalidArgument);
    const filter = [{ field: 'colour', function: Filter_Function.EQUAL, values: ['red'] }];
    await expectError(
      first(suite.runs.watchActions({ runId: runId(run), filter })),
      Code.InvalidArgument,
      /colour/,
    );
  });

  test('lets go of everything when its callers hang up', async () => {
    const run = await createRun(suite);
    const subscriptions = async () => {
      const { body } = await suite.service.metrics.render();
      return Number(/^runs_watch_subscriptions (\d+)/m.exec(body)?.[1]);
    };
    const before = await subscriptions();
    const readers = Array.from({ length: 10 }, () =>
      read(({ signal }) => suite.runs.watchActions({ runId: runId(run) }, { signal })),
    );
    await Promise.all(readers.map((reader) => reader.until((m) => m.length > 0)));
    expect(await subscriptions()).toBe(before + 10);
    await Promise.all(readers.map((reader) => reader.stop()));
    await expect.poll(subscriptions).toBe(before);
  });
});

test.each(over.over)('streams end UNAVAILABLE when the service stops, %s', async (name) => {
  const service = await startTestService('sqlite');
  const { transport, close } = openTransport(name, service.url);
  const clients = clientsOver(transport);
  const run = await createRun(clients);
  const reader = read(({ signal }) => clients.runs.watchActions({ runId: runId(run) }, { signal }));
  await reader.until((m) => m.length > 0);
  await service.remove();
  const error = await reader.ended.then(
    () => undefined,
    (reason: unknown) => ConnectError.from(reason),
  );
  expect(error?.code).toBe(Code.Unavailable);
  expect(error?.rawMessage).toMatch(/draining/);
  close();
});
