import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { ActionEventSchema } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { readActionDetails } from '../../src/repository/read/details.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { recordEvents } from '../../src/repository/write/commands/record-events.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { readClusterEvents } from '../../src/runs/event.ts';
import { timestampOf } from '../../src/runs/instant.ts';
import { dialects } from '../support/databases.ts';
import {
  at,
  condition,
  errorInfo,
  event,
  newAction,
  newRun,
  outputs,
  personBytes,
  recorded,
  status,
  task,
} from './fixtures.ts';
import { actionRow, attemptRows, dump, useRepository } from './repository.ts';

const clusterEvents = (...given: { message: string; time: number }[]) =>
  readClusterEvents(
    create(ActionEventSchema, {
      clusterEvents: given.map(({ message, time }) => ({ message, occurredAt: timestampOf(at(time)) })),
    }),
    at(0),
  );

describe.each(dialects)('recordEvents on $name', ({ create: createDatabase }) => {
  const repository = useRepository(createDatabase);
  const makeRun = (name: string, retries = 0) =>
    repository.writer.submit(createRun(newRun(name, { retries })));
  const send = (...events: ReturnType<typeof recorded>[]) => repository.writer.submit(recordEvents(events));

  it('writes the history of an attempt, each phase to where the next one begins', async () => {
    await makeRun('history');
    await send(
      recorded('history', 'a0', event('INITIALIZING', 20)),
      recorded('history', 'a0', event('RUNNING', 30, { fields: { cluster: 'c1', cache_status: 2 } })),
      recorded(
        'history',
        'a0',
        event('SUCCEEDED', 60, { endTime: at(55), fields: { outputs: outputs('s3://o') } }),
      ),
    );
    expect(await attemptRows(repository.dialect, 'history', 'a0')).toMatchObject([
      {
        phase: 'SUCCEEDED',
        start_time: at(0),
        end_time: at(55),
        cluster: 'c1',
        cache_status: 2,
        transitions: [
          { phase: 'QUEUED', start_time: at(0), end_time: at(20) },
          { phase: 'INITIALIZING', start_time: at(20), end_time: at(30) },
          { phase: 'RUNNING', start_time: at(30), end_time: at(55) },
          { phase: 'SUCCEEDED', start_time: at(55), end_time: at(55) },
        ],
      },
    ]);
    expect(await actionRow(repository.dialect, 'history', 'a0')).toMatchObject({
      phase: 'SUCCEEDED',
      end_time: at(55),
      duration_ms: 0,
      cache_status: 2,
    });
  });

  it('answers for each event, and the neighbours of a refused one go through', async () => {
    await makeRun('known');
    await repository.writer.submit(createRun(newRun('tracked', { kind: 'TRACKED' })));
    const outcomes = await send(
      recorded('known', 'a0', event('RUNNING', 5)),
      recorded('known', 'nobody', event('RUNNING', 5)),
      recorded('nowhere', 'a0', event('RUNNING', 5)),
      recorded('tracked', 'a0', event('RUNNING', 5)),
      recorded('known', 'a0', event('SUCCEEDED', 9)),
    );
    expect(outcomes.map((outcome) => outcome?.code)).toEqual([
      undefined,
      'not_found',
      'not_found',
      'not_found',
      undefined,
    ]);
    expect((await actionRow(repository.dialect, 'known', 'a0')).phase).toBe('SUCCEEDED');
    expect((await actionRow(repository.dialect, 'tracked', 'a0')).phase).toBe('QUEUED');
  });

  it('acknowledges repeats and changes nothing for them, not even the change log', async () => {
    await makeRun('repeats');
    const events = [
      recorded('repeats', 'a0', event('RUNNING', 5, { version: 1, fields: { cluster: 'c' } }), {
        clusterEvents: clusterEvents({ message: 'pulled', time: 4 }),
      }),
      recorded('repeats', 'a0', event('FAILED', 9, { fields: { error_info: errorInfo('boom') } })),
    ];
    await send(...events);
    const before = await dump(repository.dialect);
    repository.now = at(77);
    expect(await send(...events, ...events)).toEqual([undefined, undefined, undefined, undefined]);
    expect(await dump(repository.dialect)).toEqual(before);
    repository.now = at(0);
  });

  it('waits for the next attempt after FAILED while the task allows one', async () => {
    await makeRun('retried', 2);
    await send(
      recorded('retried', 'a0', event('RUNNING', 5)),
      recorded('retried', 'a0', event('FAILED', 9, { fields: { error_info: errorInfo('first') } })),
    );
    expect(await actionRow(repository.dialect, 'retried', 'a0')).toMatchObject({
      phase: 'RUNNING',
      attempts: 1,
      end_time: null,
      error_line: null,
    });
    await send(recorded('retried', 'a0', event('QUEUED', 12, { attempt: 2 })));
    expect(await actionRow(repository.dialect, 'retried', 'a0')).toMatchObject({
      phase: 'QUEUED',
      attempts: 2,
    });
    await send(
      recorded(
        'retried',
        'a0',
        event('TIMED_OUT', 20, { attempt: 3, fields: { error_info: errorInfo('a\nlast\n', 2) } }),
      ),
    );
    expect(await actionRow(repository.dialect, 'retried', 'a0')).toMatchObject({
      phase: 'TIMED_OUT',
      attempts: 3,
      end_time: at(20),
      error_kind: 'SYSTEM',
      error_line: 'last',
    });
    const { id } = await actionRow(repository.dialect, 'retried', 'a0');
    expect(await readActionDetails(repository.dialect, id)).toMatchObject({
      result: { case: 'errorInfo', value: { message: 'a\nlast\n' } },
      attempts: [{ attempt: 1 }, { attempt: 2 }, { attempt: 3 }],
    });
  });

  it('fills in what a late event knows and no later one said', async () => {
    await makeRun('late');
    await send(
      recorded('late', 'a0', event('SUCCEEDED', 50, { fields: { cluster: 'final' } })),
      recorded('late', 'a0', event('RUNNING', 20, { fields: { cluster: 'early', cache_status: 3 } })),
      recorded('late', 'a0', event('INITIALIZING', 70)),
    );
    expect(await attemptRows(repository.dialect, 'late', 'a0')).toMatchObject([
      {
        cluster: 'final',
        cache_status: 3,
        transitions: expect.arrayContaining([
          expect.objectContaining({ phase: 'RUNNING', start_time: at(20), end_time: at(50) }),
          // Reported later than the phase after it: clocks differ, so it lasted no time.
          expect.objectContaining({ phase: 'INITIALIZING', start_time: at(20), end_time: at(20) }),
        ]),
      },
    ]);
  });

  it('keeps cluster events once, in the order of their times', async () => {
    await makeRun('cluster');
    const late = clusterEvents({ message: 'started', time: 9 });
    const early = clusterEvents({ message: 'scheduled', time: 3 }, { message: 'pulling', time: 5 });
    await send(
      recorded('cluster', 'a0', event('RUNNING', 9), { clusterEvents: late }),
      recorded('cluster', 'a0', event('QUEUED', 3), { clusterEvents: [...early, ...early] }),
    );
    await send(recorded('cluster', 'a0', event('RUNNING', 9), { clusterEvents: [...early, ...late] }));
    const { id } = await actionRow(repository.dialect, 'cluster', 'a0');
    const details = await readActionDetails(repository.dialect, id);
    expect(details?.attempts[0]?.clusterEvents.map((e) => e.message)).toEqual([
      'scheduled',
      'pulling',
      'started',
    ]);
  });
});

describe.each(dialects)('updateStatus on $name', ({ create: createDatabase }) => {
  const repository = useRepository(createDatabase);
  const makeRun = (name: string, retries = 0) =>
    repository.writer.submit(createRun(newRun(name, { retries })));
  const update = (...args: Parameters<typeof status>) =>
    repository.writer.submit(updateStatus(status(...args)));

  it.each(['FAILED', 'TIMED_OUT'] as const)('%s is final, whatever the task allows', async (phase) => {
    const run = `final-${phase.toLowerCase().replace('_', '-')}`;
    await makeRun(run, 5);
    await repository.writer.submit(
      recordEvents([recorded(run, 'a0', event(phase, 8, { fields: { error_info: errorInfo('x') } }))]),
    );
    expect((await actionRow(repository.dialect, run, 'a0')).phase).toBe('QUEUED');
    await update(run, 'a0', event(phase, 10), { durationMs: 1234 });
    expect(await actionRow(repository.dialect, run, 'a0')).toMatchObject({
      phase,
      attempts: 1,
      end_time: at(10),
      duration_ms: 1234,
      error_kind: 'USER',
      error_line: 'x',
    });
  });

  it('leaves a terminal action and older attempts as they are', async () => {
    await makeRun('ended', 3);
    await update('ended', 'a0', event('RUNNING', 3, { attempt: 2 }));
    await update('ended', 'a0', event('FAILED', 4, { attempt: 1 }));
    expect(await actionRow(repository.dialect, 'ended', 'a0')).toMatchObject({
      phase: 'RUNNING',
      attempts: 2,
    });
    await update('ended', 'a0', event('SUCCEEDED', 5, { attempt: 2 }));
    const row = await actionRow(repository.dialect, 'ended', 'a0');
    await update('ended', 'a0', event('FAILED', 6, { attempt: 2 }));
    await update('ended', 'a0', event('ABORTED', 7, { attempt: 2 }), { abortReason: 'late' });
    await update('ended', 'a0', event('RUNNING', 8, { attempt: 3 }));
    expect(await actionRow(repository.dialect, 'ended', 'a0')).toEqual(row);
  });

  it('keeps who aborted and why', async () => {
    await makeRun('aborted');
    await update('aborted', 'a0', event('ABORTED', 5), { abortReason: 'why', principal: personBytes('dan') });
    const { id } = await actionRow(repository.dialect, 'aborted', 'a0');
    expect(await readActionDetails(repository.dialect, id)).toMatchObject({
      result: {
        case: 'abortInfo',
        value: { reason: 'why', abortedBy: { principal: { value: { id: { subject: 'dan' } } } } },
      },
    });
  });

  it('keeps the output of a condition, once', async () => {
    await makeRun('output');
    await repository.writer.submit(recordAction(newAction('output', 'c1', { spec: condition() })));
    const literal = Buffer.from('0a040a020803', 'hex');
    await update('output', 'c1', event('SUCCEEDED', 5), { output: literal, principal: personBytes('eve') });
    await update('output', 'c1', event('SUCCEEDED', 6), { output: Buffer.from('00', 'hex') });
    const row = await actionRow(repository.dialect, 'output', 'c1');
    expect(row.output).toEqual(literal);
    expect(row.signalled_by).toEqual(Buffer.from(personBytes('eve')));
    expect(await readActionDetails(repository.dialect, row.id)).toMatchObject({
      result: { case: 'signalInfo' },
    });
  });

  it('keeps no output of a task, and knows unknown actions', async () => {
    await makeRun('plain');
    await repository.writer.submit(recordAction(newAction('plain', 'a1', { spec: task() })));
    await update('plain', 'a1', event('SUCCEEDED', 5), { output: Buffer.from('00', 'hex') });
    expect((await actionRow(repository.dialect, 'plain', 'a1')).output).toBeNull();
    await expect(update('plain', 'nobody', event('RUNNING', 5))).rejects.toMatchObject({ code: 'not_found' });
  });
});
