import { describe, expect, it } from 'vitest';
import { readActionDetails } from '../../src/repository/read/details.ts';
import { abortTree } from '../../src/repository/write/commands/abort.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { recordEvents } from '../../src/repository/write/commands/record-events.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { dialects } from '../support/databases.ts';
import { abortOf, at, condition, event, newAction, newRun, recorded, status } from './fixtures.ts';
import {
  actionRow,
  actionRows,
  attemptRows,
  changedKeys,
  dump,
  runRow,
  useRepository,
} from './repository.ts';

describe.each(dialects)('abortTree on $name', ({ create }) => {
  const repository = useRepository(create);
  const abort = (...args: Parameters<typeof abortOf>) =>
    repository.writer.exclusive(abortTree(repository.dialect, abortOf(...args)));

  /** a0 ─ a1 ─ (a2 ─ a3, c4), a5 (done), a6 */
  async function makeTree(run: string): Promise<void> {
    const { writer } = repository;
    repository.now = at(0);
    await writer.submit(createRun(newRun(run)));
    await Promise.all([
      writer.submit(recordAction(newAction(run, 'a1'))),
      writer.submit(recordAction(newAction(run, 'a2', { parent: 'a1' }))),
      writer.submit(recordAction(newAction(run, 'a3', { parent: 'a2' }))),
      writer.submit(recordAction(newAction(run, 'c4', { parent: 'a2', spec: condition() }))),
      writer.submit(recordAction(newAction(run, 'a5', { parent: 'a1' }))),
      writer.submit(recordAction(newAction(run, 'a6'))),
      writer.submit(updateStatus(status(run, 'a5', event('SUCCEEDED', 5)))),
      writer.submit(recordEvents([recorded(run, 'a3', event('RUNNING', 6))])),
    ]);
    repository.now = at(100);
  }

  const phases = async (run: string) =>
    Object.fromEntries(
      [...(await actionRows(repository.dialect, run))].map(([name, row]) => [name, row.phase]),
    );

  it('ends a run and everything unfinished in it, with reason and who', async () => {
    await makeTree('whole');
    const done = await actionRow(repository.dialect, 'whole', 'a5');
    await abort('whole', 'a0', { reason: 'stop' });
    expect(await phases('whole')).toEqual({
      a0: 'ABORTED',
      a1: 'ABORTED',
      a2: 'ABORTED',
      a3: 'ABORTED',
      c4: 'ABORTED',
      a5: 'SUCCEEDED',
      a6: 'ABORTED',
    });
    expect(await actionRow(repository.dialect, 'whole', 'a5')).toEqual(done);
    expect(await runRow(repository.dialect, 'whole')).toMatchObject({
      phase: 'ABORTED',
      end_time: at(100),
      paused_actions: 0,
    });
    for (const name of ['a0', 'a3']) {
      const row = await actionRow(repository.dialect, 'whole', name);
      expect(row).toMatchObject({ abort_reason: 'stop', end_time: at(100) });
      expect(await readActionDetails(repository.dialect, row.id)).toMatchObject({
        result: {
          case: 'abortInfo',
          value: { reason: 'stop', abortedBy: { principal: { value: { id: { subject: 'bob' } } } } },
        },
      });
    }
    expect(await attemptRows(repository.dialect, 'whole', 'a3')).toMatchObject([
      {
        phase: 'ABORTED',
        end_time: at(100),
        transitions: [
          { phase: 'QUEUED', end_time: at(6) },
          { phase: 'RUNNING', end_time: at(100) },
          { phase: 'ABORTED', start_time: at(100), end_time: at(100) },
        ],
      },
    ]);
  });

  it('ends an action and what is below it, and nothing beside or above', async () => {
    await makeTree('part');
    await abort('part', 'a2');
    expect(await phases('part')).toMatchObject({
      a0: 'QUEUED',
      a1: 'QUEUED',
      a2: 'ABORTED',
      a3: 'ABORTED',
      c4: 'ABORTED',
      a6: 'QUEUED',
    });
    expect(await runRow(repository.dialect, 'part')).toMatchObject({ phase: 'QUEUED', paused_actions: 0 });
  });

  it('reaches what is unfinished below a finished action', async () => {
    await makeTree('through');
    await repository.writer.submit(updateStatus(status('through', 'a2', event('FAILED', 9))));
    await abort('through', 'a1');
    expect(await phases('through')).toMatchObject({
      a1: 'ABORTED',
      a2: 'FAILED',
      a3: 'ABORTED',
      c4: 'ABORTED',
    });
  });

  it('leaves a finished run and its attempts as they are, and succeeds', async () => {
    await makeTree('finished');
    await abort('finished');
    const before = await dump(repository.dialect);
    repository.now = at(200);
    await abort('finished', 'a0', { reason: 'again' });
    await abort('finished', 'a3');
    expect(await dump(repository.dialect)).toEqual(before);
  });

  it('ends an action that failed and would have been tried again, and keeps the failed attempt', async () => {
    repository.now = at(0);
    await repository.writer.submit(createRun(newRun('retrying', { retries: 3 })));
    await repository.writer.submit(recordEvents([recorded('retrying', 'a0', event('FAILED', 5))]));
    repository.now = at(100);
    await abort('retrying');
    expect(await actionRow(repository.dialect, 'retrying', 'a0')).toMatchObject({
      phase: 'ABORTED',
      end_time: at(100),
      error_line: null,
    });
    expect(await attemptRows(repository.dialect, 'retrying', 'a0')).toMatchObject([
      { phase: 'FAILED', end_time: at(5) },
    ]);
  });

  it('keeps a reason that was cut in the middle of a character, readable', async () => {
    await makeTree('cut');
    await abort('cut', 'a1', { reason: 'no 🙂'.slice(0, -1) });
    expect((await actionRow(repository.dialect, 'cut', 'a1')).abort_reason).toBe('no \ufffd');
  });

  it('knows unknown runs and actions, and those of the other kind', async () => {
    await repository.writer.submit(createRun(newRun('tracked', { kind: 'TRACKED' })));
    await makeTree('known');
    await expect(abort('missing')).rejects.toMatchObject({ code: 'not_found' });
    await expect(abort('known', 'a99')).rejects.toMatchObject({ code: 'not_found' });
    await expect(abort('tracked')).rejects.toMatchObject({ code: 'not_found' });
    await abort('tracked', 'a0', { kind: 'TRACKED' });
    expect((await runRow(repository.dialect, 'tracked'))?.phase).toBe('ABORTED');
  });

  describe('of 1,200 children', () => {
    const names = Array.from({ length: 1200 }, (_, i) => `child-${i}`);
    const makeWide = async (run: string) => {
      repository.now = at(0);
      await repository.writer.submit(createRun(newRun(run)));
      await Promise.all(names.map((name) => repository.writer.submit(recordAction(newAction(run, name)))));
    };

    it('ends all of them, and the change log names each', async () => {
      await makeWide('wide');
      repository.committed.length = 0;
      await abort('wide');
      const rows = await actionRows(repository.dialect, 'wide');
      expect(rows.size).toBe(1201);
      expect(new Set([...rows.values()].map((row) => row.phase))).toEqual(new Set(['ABORTED']));
      const told = repository.committed.flatMap((one) => one.changes.map((change) => change.actionId));
      expect(new Set(told)).toEqual(new Set([null, ...[...rows.values()].map((row) => row.id)]));
      const firstBatch = repository.committed[0]?.batch ?? 0;
      const logged = await changedKeys(repository.dialect, 'wide', firstBatch - 1);
      expect(new Set(logged)).toEqual(new Set(['run', 'a0', ...names]));
    });

    it('ends none of them if the transaction does not commit', async () => {
      await makeWide('undone');
      const before = await dump(repository.dialect);
      const failing = repository.newWriter({
        beforeCommit: async () => {
          throw new Error('no commit today');
        },
      });
      repository.committed.length = 0;
      const refused = failing.exclusive(abortTree(repository.dialect, abortOf('undone')));
      await expect(refused).rejects.toThrow('no commit today');
      // The id counter of SQLite and the change log go back with everything else.
      expect(await dump(repository.dialect)).toEqual(before);
      expect(repository.committed).toEqual([]);
      await abort('undone');
      expect(new Set(Object.values(await phases('undone')))).toEqual(new Set(['ABORTED']));
    });
  });
});
