import { describe, expect, it } from 'vitest';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { reportTracked, type TrackedUpdate } from '../../src/repository/write/commands/report-tracked.ts';
import type { AttemptEvent } from '../../src/runs/records.ts';
import { dialects } from '../support/databases.ts';
import { at, errorInfo, event, named, newRun, task, tracked } from './fixtures.ts';
import { actionRow, runRow, useRepository } from './repository.ts';

/** A report as the SDK sends it: the status repeats the event, so each failed attempt is reported as the action's end. */
const report = (run: string, name: string, of: AttemptEvent): TrackedUpdate =>
  tracked(run, name, of, {
    ...(name === 'a0' ? {} : { spec: task() }),
    status: { event: { ...of, fields: {} } },
  });

describe.each(dialects)('retries that a tracked run reports, on $name', ({ create }) => {
  const repository = useRepository(create);
  const send = async (run: string, ...updates: TrackedUpdate[]) => {
    const { key, stored } = named(run, 'a0', 'TRACKED');
    return repository.writer.submit(reportTracked(key.run, stored, updates));
  };
  const failure = event('FAILED', 20, { version: 1, fields: { error_info: errorInfo('E: once') } });

  it('open the action again, and the run with its root action', async () => {
    await repository.writer.submit(createRun(newRun('again', { kind: 'TRACKED' })));
    for (const name of ['a0', 'child']) {
      await send('again', report('again', name, event('RUNNING', 10)), report('again', name, failure));
      expect(await actionRow(repository.dialect, 'again', name)).toMatchObject({
        phase: 'FAILED',
        end_time: at(20),
        error_line: 'E: once',
      });
      await send('again', report('again', name, event('RUNNING', 30, { attempt: 2 })));
      expect(await actionRow(repository.dialect, 'again', name)).toMatchObject({
        phase: 'RUNNING',
        attempts: 2,
        end_time: null,
        duration_ms: null,
        error_line: null,
      });
    }
    expect(await runRow(repository.dialect, 'again')).toMatchObject({ phase: 'RUNNING', end_time: null });
    await send('again', report('again', 'a0', event('SUCCEEDED', 40, { attempt: 2, version: 1 })));
    expect(await runRow(repository.dialect, 'again')).toMatchObject({ phase: 'SUCCEEDED', attempts: 2 });
  });

  it('change nothing when the attempt before comes late or twice', async () => {
    await repository.writer.submit(createRun(newRun('late', { kind: 'TRACKED' })));
    const second = report('late', 'a0', event('RUNNING', 30, { attempt: 2 }));
    const first = report('late', 'a0', failure);
    expect(await send('late', second, first, first)).toEqual([undefined, undefined, undefined]);
    expect(await actionRow(repository.dialect, 'late', 'a0')).toMatchObject({
      phase: 'RUNNING',
      attempts: 2,
    });
  });

  it('do not open what has succeeded', async () => {
    await repository.writer.submit(createRun(newRun('done', { kind: 'TRACKED' })));
    await send('done', report('done', 'a0', event('SUCCEEDED', 20)));
    await send('done', report('done', 'a0', event('RUNNING', 30, { attempt: 2 })));
    expect(await actionRow(repository.dialect, 'done', 'a0')).toMatchObject({
      phase: 'SUCCEEDED',
      attempts: 1,
    });
  });
});
