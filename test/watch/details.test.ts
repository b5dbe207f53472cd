import { create as message } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  WatchActionDetailsRequestSchema,
  WatchClusterEventsRequestSchema,
  WatchRunDetailsRequestSchema,
} from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import { ClusterEventSchema } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { abortTree } from '../../src/repository/write/commands/abort.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { recordEvents } from '../../src/repository/write/commands/record-events.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { watchActionDetails } from '../../src/rpc/run/watch-action-details.ts';
import { watchClusterEvents } from '../../src/rpc/run/watch-cluster-events.ts';
import { watchRunDetails } from '../../src/rpc/run/watch-run-details.ts';
import { readClusterEvents } from '../../src/runs/event.ts';
import { timestampOf } from '../../src/runs/instant.ts';
import { abortOf, at, event, newAction, newRun, recorded, runKey, status } from '../repository/fixtures.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { openReplica, read, type Replica } from './harness.ts';

const id = (run: string, name = 'a0') => ({ run: runKey(run), name });

/** Cluster events that occurred some microseconds after the fixed point, as an event of the action brings them. */
const clusterEvents = (...micros: number[]) =>
  micros.flatMap((micro) =>
    readClusterEvents(
      {
        clusterEvents: [
          message(ClusterEventSchema, { occurredAt: timestampOf(at(micro)), message: `e${micro}` }),
        ],
      } as never,
      at(micro),
    ),
  );

describe.each(dialects)('watching details on $name', ({ create }) => {
  let database: TestDatabase;
  let replica: Replica;
  beforeAll(async () => {
    database = await create();
    replica = await openReplica(database);
  });
  afterAll(async () => {
    await replica.close();
    await database.drop();
  });

  const actionDetails = (run: string, name?: string, kind: 'RUN' | 'TRACKED' = 'RUN') =>
    read((context) =>
      watchActionDetails(replica, kind)(
        message(WatchActionDetailsRequestSchema, { actionId: id(run, name) }),
        context,
      ),
    );
  const events = (run: string, attempt: number, name?: string) =>
    read((context) =>
      watchClusterEvents(replica, 'RUN')(
        message(WatchClusterEventsRequestSchema, { id: id(run, name), attempt }),
        context,
      ),
    );
  const phases = (messages: readonly { details?: { status?: { phase: ActionPhase } } }[]) =>
    messages.map(({ details }) => details?.status?.phase);

  it('sends the whole state of an action at once and after each change, and ends after the terminal phase', async () => {
    await replica.writer.submit(createRun(newRun('one')));
    const reader = actionDetails('one');
    await reader.until((messages) => messages.length > 0);
    expect(reader.messages[0]?.details?.id).toMatchObject(id('one'));
    await replica.writer.submit(updateStatus(status('one', 'a0', event('RUNNING', 1))));
    await reader.until((messages) => phases(messages).includes(ActionPhase.RUNNING));
    await replica.writer.submit(updateStatus(status('one', 'a0', event('SUCCEEDED', 2))));
    await reader.ended;
    const last = reader.messages.at(-1)?.details;
    expect(last?.status?.phase).toBe(ActionPhase.SUCCEEDED);
    expect(last?.attempts[0]?.phaseTransitions.map(({ phase }) => phase)).toEqual([
      ActionPhase.QUEUED,
      ActionPhase.RUNNING,
      ActionPhase.SUCCEEDED,
    ]);
  });

  it('sends one message and ends for an action that has ended', async () => {
    await replica.writer.submit(createRun(newRun('ended')));
    await replica.writer.exclusive(abortTree(replica.dialect, abortOf('ended')));
    const reader = actionDetails('ended');
    await reader.ended;
    expect(phases(reader.messages)).toEqual([ActionPhase.ABORTED]);
  });

  it('sends the spec of a run with the details of its root action', async () => {
    await replica.writer.submit(
      createRun(newRun('whole', { runSpec: { ...newRun('x').runSpec, queue: 'fast' } as never })),
    );
    const reader = read((context) =>
      watchRunDetails(replica, 'RUN')(
        message(WatchRunDetailsRequestSchema, { runId: runKey('whole') }),
        context,
      ),
    );
    await reader.until((messages) => messages.length === 1);
    expect(reader.messages[0]?.details?.action?.id).toMatchObject(id('whole'));
    await replica.writer.submit(updateStatus(status('whole', 'a0', event('FAILED', 5))));
    await reader.ended;
    expect(reader.messages.at(-1)?.details?.action?.status?.phase).toBe(ActionPhase.FAILED);
    expect(reader.messages.every(({ details }) => details?.runSpec?.queue === 'fast')).toBe(true);
  });

  it('refuses what does not exist, or is of the other kind', async () => {
    await replica.writer.submit(createRun(newRun('plain')));
    for (const reader of [
      actionDetails('nobody'),
      actionDetails('plain', 'a7'),
      actionDetails('plain', 'a0', 'TRACKED'),
      events('nobody', 1),
      read((context) =>
        watchRunDetails(replica, 'TRACKED')(
          message(WatchRunDetailsRequestSchema, { runId: runKey('plain') }),
          context,
        ),
      ),
    ]) {
      await expect(reader.ended).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it('throws the reason of its signal and lets go of the view', async () => {
    await replica.writer.submit(createRun(newRun('left')));
    const reader = actionDetails('left');
    await reader.until((messages) => messages.length > 0);
    await reader.stop();
    await expect(reader.ended).rejects.toThrow('hung up');
  });

  it('sends cluster events from the first on, each once, late ones too, and ends with the attempt', async () => {
    const run = 'events';
    await replica.writer.submit(createRun(newRun(run, { retries: 1 })));
    const add = (phase: 'RUNNING' | 'FAILED', time: number, ...micros: number[]) =>
      replica.writer.submit(
        recordEvents([recorded(run, 'a0', event(phase, time), { clusterEvents: clusterEvents(...micros) })]),
      );
    const early = events(run, 1);
    await early.until((messages) => messages.length === 1);
    expect(early.messages[0]?.clusterEvents).toEqual([]);
    await add('RUNNING', 1, 30, 20);
    const texts = (reader: typeof early) =>
      reader.messages.flatMap((m) => m.clusterEvents.map((e) => e.message));
    await early.until(() => texts(early).length === 2);
    expect(texts(early)).toEqual(['e20', 'e30']);
    // Reported later, but it occurred before.
    await add('RUNNING', 1, 10, 20);
    await early.until(() => texts(early).length === 3);
    await add('FAILED', 2, 40);
    await early.ended;
    expect(texts(early)).toEqual(['e20', 'e30', 'e10', 'e40']);
    const late = events(run, 1);
    await late.ended;
    expect(texts(late)).toEqual(['e10', 'e20', 'e30', 'e40']);
  });

  it('waits for an attempt that may still begin, and refuses one that can not', async () => {
    const run = 'attempts';
    await replica.writer.submit(createRun(newRun(run)));
    await replica.writer.submit(
      recordAction(newAction(run, 'a1', { spec: newRun('x', { retries: 2 }).spec })),
    );
    const second = events(run, 2, 'a1');
    const third = events(run, 3, 'a1');
    const send = (attempt: number, phase: 'RUNNING' | 'SUCCEEDED', ...micros: number[]) =>
      replica.writer.submit(
        recordEvents([
          recorded(run, 'a1', event(phase, attempt, { attempt }), {
            clusterEvents: clusterEvents(...micros),
          }),
        ]),
      );
    await send(2, 'RUNNING', 50);
    await second.until((messages) => messages.some((m) => m.clusterEvents.length === 1));
    await send(2, 'SUCCEEDED', 60);
    await second.ended;
    await expect(third.ended).rejects.toMatchObject({ code: 'not_found' });
  });
});
