import { describe, expect, it } from 'vitest';
import { ActionMetadataSchema } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { fromBinary } from '@bufbuild/protobuf';
import { readActionDetails } from '../../src/repository/read/details.ts';
import { abortTree } from '../../src/repository/write/commands/abort.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { dialects } from '../support/databases.ts';
import {
  abortOf,
  at,
  condition,
  event,
  newAction,
  newRun,
  outputs,
  runKey,
  status,
  task,
  trace,
} from './fixtures.ts';
import {
  actionRow,
  actionRows,
  attemptRows,
  changedKeys,
  dump,
  runRow,
  useRepository,
} from './repository.ts';

describe.each(dialects)('recordAction on $name', ({ create }) => {
  const repository = useRepository(create);
  const record = (...args: Parameters<typeof newAction>) =>
    repository.writer.submit(recordAction(newAction(...args)));
  const makeRun = (name: string) => repository.writer.submit(createRun(newRun(name)));

  it('records a task below the root, for whoever the run belongs to', async () => {
    await makeRun('tasks');
    repository.now = at(5);
    await record('tasks', 'a1', {
      group: 'g',
      spec: task('mod.child', 2),
      inputUri: 's3://in',
      cacheKey: 'key',
    });
    const row = await actionRow(repository.dialect, 'tasks', 'a1');
    expect(row).toMatchObject({
      parent_action_name: 'a0',
      group_name: 'g',
      action_type: 'TASK',
      phase: 'QUEUED',
      attempts: 1,
      max_attempts: 3,
      function_name: 'child',
      created_by_principal: 'alice',
      input_uri: 's3://in',
      cache_key: 'key',
      start_time: at(5),
      run_name: 'tasks',
    });
    expect(fromBinary(ActionMetadataSchema, row.metadata)).toMatchObject({
      parent: 'a0',
      group: 'g',
      executedBy: { principal: { value: { id: { subject: 'alice' } } } },
    });
    expect(await attemptRows(repository.dialect, 'tasks', 'a1')).toMatchObject([
      { attempt_number: 1, phase: 'QUEUED', transitions: [{ phase: 'QUEUED', start_time: at(5) }] },
    ]);
    expect(await changedKeys(repository.dialect, 'tasks')).toEqual(['a0', 'a1', 'run']);
  });

  it('records a trace with its phase, times and outputs', async () => {
    await makeRun('traces');
    const ended = event('SUCCEEDED', 30, { endTime: at(30), fields: { outputs: outputs('s3://out') } });
    await record('traces', 't1', {
      spec: trace(),
      since: at(10),
      event: { ...ended, outputUri: 's3://out' },
    });
    expect(await actionRow(repository.dialect, 'traces', 't1')).toMatchObject({
      action_type: 'TRACE',
      phase: 'SUCCEEDED',
      start_time: at(10),
      end_time: at(30),
    });
    expect(await attemptRows(repository.dialect, 'traces', 't1')).toMatchObject([
      {
        phase: 'SUCCEEDED',
        start_time: at(10),
        end_time: at(30),
        output_uri: 's3://out',
        transitions: [
          { phase: 'QUEUED', start_time: at(10), end_time: at(30) },
          { phase: 'SUCCEEDED', start_time: at(30), end_time: at(30) },
        ],
      },
    ]);
    const { id } = await actionRow(repository.dialect, 'traces', 't1');
    const details = await readActionDetails(repository.dialect, id);
    expect(details).toMatchObject({
      spec: { case: 'trace' },
      attempts: [{ outputs: { outputUri: 's3://out' } }],
    });
  });

  it('records a condition, which waits from the beginning and counts as paused', async () => {
    await makeRun('conditions');
    await record('conditions', 'c1', { spec: condition() });
    expect(await actionRow(repository.dialect, 'conditions', 'c1')).toMatchObject({
      action_type: 'CONDITION',
      phase: 'PAUSED',
      function_name: 'approve',
    });
    expect(await runRow(repository.dialect, 'conditions')).toMatchObject({ paused_actions: 1 });
  });

  it('changes nothing when it is told the same again', async () => {
    await makeRun('again');
    for (const spec of [task(), trace(), condition()]) {
      await record('again', `x-${spec.actionType.toLowerCase()}`, { spec, parent: 'a0' });
    }
    const before = await dump(repository.dialect);
    repository.now = at(99);
    for (const spec of [task(), trace(), condition()]) {
      await record('again', `x-${spec.actionType.toLowerCase()}`, { spec, since: at(1) });
    }
    await record('again', 'a0');
    expect(await dump(repository.dialect)).toEqual(before);
  });

  it('takes a child before its parent', async () => {
    await makeRun('orphans');
    await record('orphans', 'child', { parent: 'later' });
    await record('orphans', 'later', { parent: 'a0' });
    const rows = await actionRows(repository.dialect, 'orphans');
    expect(rows.get('child')?.parent_action_name).toBe('later');
    expect(rows.get('later')?.parent_action_name).toBe('a0');
  });

  it.each([
    ['another parent', { parent: 'elsewhere' }],
    ['another kind', { spec: trace() }],
  ])('refuses a name that is taken with %s', async (_, more) => {
    await makeRun('taken');
    await record('taken', 'a1');
    const before = await dump(repository.dialect);
    await expect(record('taken', 'a1', more)).rejects.toMatchObject({
      code: 'already_exists',
      message: expect.stringContaining('task of a0'),
    });
    expect(await dump(repository.dialect)).toEqual(before);
  });

  it('refuses an action that is its own parent, and runs that are not there or of the other kind', async () => {
    await makeRun('known');
    await repository.writer.submit(createRun(newRun('of-others', { kind: 'TRACKED' })));
    const before = await dump(repository.dialect);
    await expect(record('known', 'a1', { parent: 'a1' })).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(record('unknown', 'a1')).rejects.toMatchObject({ code: 'not_found' });
    await expect(record('of-others', 'a1')).rejects.toMatchObject({ code: 'not_found' });
    expect(await dump(repository.dialect)).toEqual(before);
  });

  it('lets a refused command disturb nobody in its batch', async () => {
    await makeRun('batch');
    const outcomes = await Promise.allSettled([
      record('batch', 'a1'),
      record('batch', 'a2', { parent: 'a2' }),
      record('missing', 'a3'),
      record('batch', 'a4', { parent: 'a1' }),
    ]);
    expect(outcomes.map((o) => o.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect([...(await actionRows(repository.dialect, 'batch')).keys()]).toEqual(['a0', 'a1', 'a4']);
  });

  it('aborts the child of an aborted parent, or of an aborted run, at once', async () => {
    await makeRun('half');
    await record('half', 'a1');
    await repository.writer.exclusive(abortTree(repository.dialect, abortOf('half', 'a1')));
    repository.now = at(200);
    await record('half', 'a2', { parent: 'a1' });
    await record('half', 'a3');
    await repository.writer.exclusive(
      abortTree(repository.dialect, abortOf('half', 'a0', { reason: 'all of it' })),
    );
    await record('half', 'c4', { parent: 'unknown', spec: condition() });
    const rows = await actionRows(repository.dialect, 'half');
    expect(rows.get('a2')).toMatchObject({
      phase: 'ABORTED',
      abort_reason: 'no longer needed',
      end_time: at(200),
    });
    expect(rows.get('a3')).toMatchObject({ phase: 'ABORTED', abort_reason: 'all of it' });
    expect(rows.get('c4')).toMatchObject({ phase: 'ABORTED', abort_reason: 'all of it' });
    expect(await runRow(repository.dialect, 'half')).toMatchObject({ paused_actions: 0 });
  });

  it('aborts what was recorded below an action before that one turned out to be aborted', async () => {
    await makeRun('late');
    await record('late', 'top');
    await record('late', 'leaf', { parent: 'middle' });
    await record('late', 'deep', { parent: 'leaf' });
    await record('late', 'done', { parent: 'leaf' });
    await repository.writer.submit(updateStatus(status('late', 'done', event('SUCCEEDED', 3))));
    await repository.writer.exclusive(abortTree(repository.dialect, abortOf('late', 'top')));
    expect((await actionRow(repository.dialect, 'late', 'leaf')).phase).toBe('QUEUED');
    await record('late', 'middle', { parent: 'top' });
    const rows = await actionRows(repository.dialect, 'late');
    expect(['middle', 'leaf', 'deep', 'done'].map((name) => rows.get(name)?.phase)).toEqual([
      'ABORTED',
      'ABORTED',
      'ABORTED',
      'SUCCEEDED',
    ]);
  });

  it('belongs to the subject that it names', async () => {
    await makeRun('subjects');
    await record('subjects', 'a1', { subject: 'carol' });
    expect(await actionRow(repository.dialect, 'subjects', 'a1')).toMatchObject({
      created_by_principal: 'carol',
    });
    expect(runKey('subjects').project).toBe('p');
  });
});
