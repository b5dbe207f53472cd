import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { ActionEventSchema } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { abortTree } from '../../src/repository/write/commands/abort.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { recordEvents } from '../../src/repository/write/commands/record-events.ts';
import { reportTracked } from '../../src/repository/write/commands/report-tracked.ts';
import { readClusterEvents } from '../../src/runs/event.ts';
import { invalidArgument } from '../../src/runs/errors.ts';
import { dialects } from '../support/databases.ts';
import {
  abortOf,
  at,
  errorInfo,
  event,
  named,
  newAction,
  newRun,
  outputs,
  recorded,
  task,
  trace,
  tracked,
} from './fixtures.ts';
import { actionRow, actionRows, dump, runRow, useRepository } from './repository.ts';

describe.each(dialects)('reportTracked on $name', ({ create: createDatabase }) => {
  const repository = useRepository(createDatabase);
  const makeRun = (name: string) => repository.writer.submit(createRun(newRun(name, { kind: 'TRACKED' })));

  async function report(run: string, ...updates: Parameters<typeof reportTracked>[2]) {
    const { key, stored } = named(run);
    const outcomes = await repository.writer.submit(reportTracked(key.run, stored, updates));
    return outcomes.map((outcome) => outcome?.code ?? 'ok');
  }

  it('makes an action with its first report, and moves it with the next ones', async () => {
    await makeRun('made');
    const codes = await report(
      'made',
      tracked('made', 'a1', event('RUNNING', 5), { spec: task('mod.child'), parent: 'a0' }),
      tracked('made', 'a2', event('RUNNING', 6), { spec: task('mod.grandchild'), parent: 'a1' }),
      tracked('made', 'a2', event('SUCCEEDED', 9, { fields: { outputs: outputs('s3://o') } }), {
        status: { event: event('SUCCEEDED', 9), durationMs: 4 },
      }),
    );
    expect(codes).toEqual(['ok', 'ok', 'ok']);
    expect(await actionRow(repository.dialect, 'made', 'a1')).toMatchObject({
      parent_action_name: 'a0',
      phase: 'RUNNING',
      start_time: at(5),
    });
    expect(await actionRow(repository.dialect, 'made', 'a2')).toMatchObject({
      parent_action_name: 'a1',
      phase: 'SUCCEEDED',
      duration_ms: 4,
      function_name: 'grandchild',
    });
  });

  it('answers each update: unknown without a spec, unreadable, in conflict, and the good ones between', async () => {
    await makeRun('mixed');
    const codes = await report(
      'mixed',
      tracked('mixed', 'unknown', event('RUNNING', 5)),
      tracked('mixed', 'a1', event('RUNNING', 5), { spec: task() }),
      invalidArgument('event.phase must be set'),
      tracked('mixed', 'a1', event('RUNNING', 5), { spec: trace() }),
      tracked('mixed', 'a3', event('RUNNING', 5), { spec: task(), parent: 'a3' }),
      tracked('mixed', 'a1', event('SUCCEEDED', 8), { status: { event: event('SUCCEEDED', 8) } }),
      tracked('mixed', 'a0', event('SUCCEEDED', 9), { status: { event: event('SUCCEEDED', 9) } }),
    );
    expect(codes).toEqual([
      'not_found',
      'ok',
      'invalid_argument',
      'already_exists',
      'invalid_argument',
      'ok',
      'ok',
    ]);
    expect([...(await actionRows(repository.dialect, 'mixed')).keys()]).toEqual(['a0', 'a1']);
    expect(await runRow(repository.dialect, 'mixed')).toMatchObject({ phase: 'SUCCEEDED', end_time: at(9) });
  });

  it('takes a trace with all it is', async () => {
    await makeRun('traced');
    const update = tracked('traced', 't1', event('SUCCEEDED', 9, { endTime: at(9) }), { spec: trace() });
    expect(await report('traced', { ...update, status: { event: event('SUCCEEDED', 9) } })).toEqual(['ok']);
    expect(await actionRow(repository.dialect, 'traced', 't1')).toMatchObject({
      action_type: 'TRACE',
      phase: 'SUCCEEDED',
    });
  });

  it('acknowledges repeats of a whole report and changes nothing', async () => {
    await makeRun('repeated');
    const clusterEvents = readClusterEvents(
      create(ActionEventSchema, { clusterEvents: [{ message: 'once' }] }),
      at(3),
    );
    const updates = [
      tracked('repeated', 'a1', event('RUNNING', 5), { spec: task(), clusterEvents }),
      tracked('repeated', 'a1', event('FAILED', 8, { fields: { error_info: errorInfo('no') } }), {
        spec: task(),
        status: { event: event('FAILED', 8), durationMs: 3 },
      }),
    ];
    expect(await report('repeated', ...updates)).toEqual(['ok', 'ok']);
    const before = await dump(repository.dialect);
    repository.now = at(500);
    expect(await report('repeated', ...updates, ...updates)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(await dump(repository.dialect)).toEqual(before);
    repository.now = at(0);
  });

  it('lets the status decide: FAILED ends a task that might be tried again', async () => {
    await makeRun('decided');
    const spec = task('mod.flaky', 3);
    await report('decided', tracked('decided', 'a1', event('FAILED', 5), { spec }));
    expect((await actionRow(repository.dialect, 'decided', 'a1')).phase).toBe('QUEUED');
    await report(
      'decided',
      tracked('decided', 'a1', event('FAILED', 6, { version: 1 }), { status: { event: event('FAILED', 6) } }),
    );
    expect(await actionRow(repository.dialect, 'decided', 'a1')).toMatchObject({
      phase: 'FAILED',
      end_time: at(6),
    });
  });

  it('acknowledges that an action was aborted, as often as its own process says so', async () => {
    await makeRun('stopped');
    const { key, stored } = named('stopped');
    const report = () =>
      repository.writer.submit(
        reportTracked(key.run, stored, [
          tracked('stopped', 'a1', event('ABORTED', 5), {
            spec: task(),
            status: { event: event('ABORTED', 5) },
          }),
        ]),
      );
    expect(await report()).toEqual([undefined]);
    const before = await actionRow(repository.dialect, 'stopped', 'a1');
    expect(before.phase).toBe('ABORTED');
    expect(await report()).toEqual([undefined]);
    expect(await actionRow(repository.dialect, 'stopped', 'a1')).toEqual(before);
  });

  it('refuses reports on an aborted run, and new actions in it', async () => {
    await makeRun('aborted');
    await report(
      'aborted',
      tracked('aborted', 'a1', event('RUNNING', 5), { spec: task() }),
      tracked('aborted', 'a2', event('SUCCEEDED', 6), {
        spec: task(),
        status: { event: event('SUCCEEDED', 6) },
      }),
    );
    const abort = abortOf('aborted', 'a0', { kind: 'TRACKED', reason: 'enough' });
    await repository.writer.exclusive(abortTree(repository.dialect, abort));
    const before = await dump(repository.dialect);
    const codes = await report(
      'aborted',
      tracked('aborted', 'a1', event('SUCCEEDED', 9), { status: { event: event('SUCCEEDED', 9) } }),
      tracked('aborted', 'a0', event('SUCCEEDED', 9)),
      tracked('aborted', 'a3', event('RUNNING', 9), { spec: task() }),
      tracked('aborted', 'a2', event('SUCCEEDED', 6)),
    );
    expect(codes).toEqual(['failed_precondition', 'failed_precondition', 'failed_precondition', 'ok']);
    expect(await dump(repository.dialect)).toEqual(before);
    const { key, stored } = named('aborted');
    const [refusal] = await repository.writer.submit(
      reportTracked(key.run, stored, [tracked('aborted', 'a1', event('RUNNING', 9))]),
    );
    expect(refusal?.message).toBe('action "a1" was aborted: enough');
  });

  it('keeps the two kinds of runs apart, in both directions', async () => {
    await makeRun('theirs');
    await repository.writer.submit(createRun(newRun('ours')));
    await expect(report('ours', tracked('ours', 'a0', event('RUNNING', 5)))).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(report('nobodys', tracked('nobodys', 'a0', event('RUNNING', 5)))).rejects.toMatchObject({
      code: 'not_found',
    });
    const [refusal] = await repository.writer.submit(
      recordEvents([recorded('theirs', 'a0', event('RUNNING', 5))]),
    );
    expect(refusal?.code).toBe('not_found');
    const wrong = repository.writer.submit(recordAction(newAction('theirs', 'a1')));
    await expect(wrong).rejects.toMatchObject({ code: 'not_found' });
    const taken = await repository.writer.submit(createRun(newRun('theirs')));
    expect(taken).toMatchObject({ created: false, run: { kind: 'TRACKED' } });
  });
});
