import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/repository/schema.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { recordEvents } from '../../src/repository/write/commands/record-events.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { dialects } from '../support/databases.ts';
import { at, errorInfo, event, newAction, newRun, recorded, status } from './fixtures.ts';
import { actionRow, changedKeys, runRow, useRepository } from './repository.ts';

const MIRRORED = [
  'phase',
  'attempts',
  'start_time',
  'end_time',
  'duration_ms',
  'cache_status',
  'error_kind',
  'error_line',
  'function_name',
  'task_name',
  'task_version',
] as const;

describe.each(dialects)('the row of a run on $name', ({ create }) => {
  const repository = useRepository(create);
  const { runs, send } = {
    runs: (name: string, retries = 0) => repository.writer.submit(createRun(newRun(name, { retries }))),
    send: (run: string, name: string, ...events: ReturnType<typeof event>[]) =>
      repository.writer.submit(recordEvents(events.map((one) => recorded(run, name, one)))),
  };

  async function mirrored(name: string): Promise<Row<'runs'>> {
    const run = await runRow(repository.dialect, name);
    if (run === undefined) throw new Error(`there is no run ${name}`);
    const root = await actionRow(repository.dialect, name, 'a0');
    expect(MIRRORED.map((column) => [column, run[column]])).toEqual(
      MIRRORED.map((column) => [column, root[column]]),
    );
    return run;
  }

  it('shows its root action at every step', async () => {
    await runs('steps', 2);
    await mirrored('steps');
    await send('steps', 'a0', event('RUNNING', 2_000, { fields: { cache_status: 1 } }));
    expect(await mirrored('steps')).toMatchObject({
      phase: 'RUNNING',
      running_at: at(2_000),
      cache_status: 1,
    });
    await send('steps', 'a0', event('FAILED', 3_000, { fields: { error_info: errorInfo('one') } }));
    expect(await mirrored('steps')).toMatchObject({ phase: 'RUNNING', error_line: null });
    await send('steps', 'a0', event('RUNNING', 4_000, { attempt: 2 }));
    expect(await mirrored('steps')).toMatchObject({
      phase: 'RUNNING',
      attempts: 2,
      cache_status: 0,
      running_at: at(2_000),
    });
    repository.now = at(9_000);
    const failed = event('FAILED', 5_500, {
      attempt: 2,
      fields: { error_info: errorInfo('tb\n  Boom: two ') },
    });
    await send('steps', 'a0', failed);
    await repository.writer.submit(
      updateStatus(status('steps', 'a0', event('FAILED', 5_500, { attempt: 2 }))),
    );
    expect(await mirrored('steps')).toMatchObject({
      phase: 'FAILED',
      end_time: at(5_500),
      duration_ms: 5,
      error_kind: 'USER',
      error_line: 'Boom: two',
      updated_at: at(9_000),
    });
    repository.now = at(0);
  });

  it('learns late that it ran, and that it ran earlier', async () => {
    await runs('late');
    await send('late', 'a0', event('SUCCEEDED', 900));
    expect(await mirrored('late')).toMatchObject({ phase: 'SUCCEEDED', running_at: null });
    await send('late', 'a0', event('RUNNING', 500));
    expect((await mirrored('late')).running_at).toBe(at(500));
    await send('late', 'a0', event('RUNNING', 400, { version: 1 }));
    expect((await mirrored('late')).running_at).toBe(at(400));
    await send('late', 'a0', event('RUNNING', 700, { version: 2 }));
    expect((await mirrored('late')).running_at).toBe(at(400));
  });

  it('shows an error that is reported after the end', async () => {
    await runs('error');
    await repository.writer.submit(updateStatus(status('error', 'a0', event('FAILED', 5))));
    expect((await mirrored('error')).error_line).toBeNull();
    await send(
      'error',
      'a0',
      event('FAILED', 5, { version: 1, fields: { error_info: errorInfo('why', 2) } }),
    );
    expect(await mirrored('error')).toMatchObject({ error_kind: 'SYSTEM', error_line: 'why' });
  });

  it('counts the actions that are paused, through all their ways', async () => {
    await runs('paused');
    const paused = async () => (await mirrored('paused')).paused_actions;
    await repository.writer.submit(recordAction(newAction('paused', 'a1')));
    await repository.writer.submit(recordAction(newAction('paused', 'a2')));
    await send('paused', 'a1', event('PAUSED', 5));
    await send('paused', 'a2', event('PAUSED', 5), event('PAUSED', 6, { version: 1 }));
    expect(await paused()).toBe(2);
    await send('paused', 'a1', event('RUNNING', 4));
    expect(await paused()).toBe(2);
    await send('paused', 'a1', event('RUNNING', 9, { attempt: 2 }));
    expect(await paused()).toBe(1);
    await send('paused', 'a1', event('PAUSED', 10, { attempt: 2 }));
    await send('paused', 'a0', event('PAUSED', 10));
    expect(await paused()).toBe(3);
    await send('paused', 'a0', event('SUCCEEDED', 11));
    await send('paused', 'a1', event('SUCCEEDED', 11, { attempt: 2 }));
    await send('paused', 'a2', event('FAILED', 11));
    expect(await paused()).toBe(0);
  });

  it('changes but for its version, and is in the change log, only with its root action and its count', async () => {
    await runs('quiet');
    await repository.writer.submit(recordAction(newAction('quiet', 'a1')));
    const before = await runRow(repository.dialect, 'quiet');
    repository.committed.length = 0;
    await send('quiet', 'a1', event('RUNNING', 5));
    await send('quiet', 'a1', event('SUCCEEDED', 6));
    const after = await runRow(repository.dialect, 'quiet');
    // But for its version: whoever remembers the run has to hear of it.
    expect(after?.version).not.toBe(before?.version);
    expect({ ...after, version: 0 }).toEqual({ ...before, version: 0 });
    const since = (repository.committed[0]?.batch ?? 0) - 1;
    expect(await changedKeys(repository.dialect, 'quiet', since)).toEqual(['a1', 'a1']);
  });
});
