import { create, fromBinary } from '@bufbuild/protobuf';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConditionTimeouts } from '../../src/conditions/condition-timeouts.ts';
import {
  ConditionActionSchema,
  ErrorInfoSchema,
} from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { abortTree } from '../../src/repository/write/commands/abort.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { enqueueAction } from '../../src/repository/write/commands/enqueue-action.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { signalCondition } from '../../src/repository/write/commands/signal.ts';
import { conditionRecord } from '../../src/runs/action-spec.ts';
import { plusMillis } from '../../src/runs/instant.ts';
import { payloadLiteral } from '../../src/runs/signal-value.ts';
import { abortOf, at, named, newAction, newRun, personBytes } from '../repository/fixtures.ts';
import { actionRow, attemptRows, useRepository } from '../repository/repository.ts';
import { dialects } from '../support/databases.ts';

const HOUR = 3_600_000;

function waiting(timeout?: { seconds: bigint; nanos?: number }) {
  return conditionRecord(create(ConditionActionSchema, { name: 'approve', ...(timeout ? { timeout } : {}) }));
}

describe.each(dialects)('time-outs of conditions on $name', ({ create: createDatabase }) => {
  const repository = useRepository(createDatabase);
  const open: ConditionTimeouts[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.stop();
  });

  function timeouts(writer = repository.writer): ConditionTimeouts {
    const one = new ConditionTimeouts({
      dialect: repository.dialect,
      writer,
      clock: () => repository.now,
      logger: pino({ level: 'silent' }),
      // So long that only hints and deadlines make it look.
      pollMs: HOUR,
    });
    open.push(one);
    return one;
  }

  async function make(run: string, timeout?: { seconds: bigint; nanos?: number }): Promise<void> {
    repository.now = at(0);
    await repository.writer.submit(createRun(newRun(run)));
    await repository.writer.submit(recordAction(newAction(run, 'c1', { spec: waiting(timeout) })));
  }

  const phase = async (run: string) => (await actionRow(repository.dialect, run, 'c1')).phase;
  const deadlines = async () =>
    (await repository.dialect.reader.selectFrom('condition_deadlines').selectAll().execute()).length;

  it('ends a condition when its time is over, not before, with an error that says so', async () => {
    await make('over', { seconds: 5n, nanos: 500_000_000 });
    const due = plusMillis(at(0), 5500);
    repository.now = plusMillis(due, -0.001);
    expect(await timeouts().sweep()).toEqual({ ended: 0, nextAt: due });
    repository.now = due;
    expect(await timeouts().sweep()).toEqual({ ended: 1, nextAt: null });
    const row = await actionRow(repository.dialect, 'over', 'c1');
    expect(row).toMatchObject({ phase: 'TIMED_OUT', end_time: due, duration_ms: 5500 });
    const [attempt] = await attemptRows(repository.dialect, 'over', 'c1');
    expect(fromBinary(ErrorInfoSchema, attempt?.error_info ?? new Uint8Array())).toMatchObject({
      code: 'TimedOut',
      message: 'the condition was not signalled within its timeout of 5.5 s',
    });
    expect(await deadlines()).toBe(0);
  });

  it('leaves conditions alone that have no timeout, or one longer than times last', async () => {
    await make('for-ever');
    await make('zero', { seconds: 0n });
    await make('ages', { seconds: 315_000_000_000n });
    expect(await deadlines()).toBe(0);
  });

  it.each(['signalled', 'aborted'])('leaves a condition alone that was %s in time', async (how) => {
    await make(how, { seconds: 1n });
    if (how === 'signalled') {
      const value = payloadLiteral({ case: 'boolValue', value: true });
      await repository.writer.submit(
        signalCondition({ ...named(how, 'c1'), parent: '', value, by: personBytes('judge') }),
      );
    } else await repository.writer.exclusive(abortTree(repository.dialect, abortOf(how)));
    const before = await phase(how);
    repository.now = plusMillis(at(0), HOUR);
    expect(await timeouts().sweep()).toEqual({ ended: 0, nextAt: null });
    expect(await phase(how)).toBe(before);
    expect(await deadlines()).toBe(0);
  });

  it('ends each condition once, however many processes look at the same time', async () => {
    for (let i = 0; i < 20; i++) await make(`many-${i}`, { seconds: 1n });
    repository.now = plusMillis(at(0), 1000);
    const writers = [repository.newWriter(), repository.newWriter(), repository.newWriter()];
    const results = await Promise.all(writers.map((writer) => timeouts(writer).sweep()));
    for (const writer of writers) await writer.close();
    expect(results.reduce((sum, { ended }) => sum + ended, 0)).toBe(20);
    for (let i = 0; i < 20; i++) {
      const [attempt] = await attemptRows(repository.dialect, `many-${i}`, 'c1');
      expect(attempt?.transitions.map((t) => t.phase)).toEqual(['QUEUED', 'PAUSED', 'TIMED_OUT']);
    }
  });

  it('also ends what a task asked for, and what became due while nobody looked', async () => {
    repository.now = at(0);
    await repository.writer.submit(createRun(newRun('restart')));
    const action = newAction('restart', 'c1', { parent: 'a0', spec: waiting({ seconds: 60n }) });
    await repository.writer.submit(enqueueAction({ ...action, execute: false }));
    repository.now = plusMillis(at(0), 24 * HOUR);
    const started = timeouts();
    started.start();
    await vi.waitFor(async () => expect(await phase('restart')).toBe('TIMED_OUT'));
  });

  it('hears of new conditions at once and is there when they are due', async () => {
    const loop = timeouts();
    const writer = repository.newWriter({ onCommitted: (flushed) => loop.committed(flushed) });
    repository.now = at(0);
    loop.start();
    await writer.submit(createRun(newRun('hint')));
    // Its time passes between the transaction and the look that the hint brings about.
    const spec = waiting({ seconds: 1n });
    const since = plusMillis(at(0), -1000);
    await writer.submit(recordAction(newAction('hint', 'c1', { spec, since })));
    await vi.waitFor(async () => expect(await phase('hint')).toBe('TIMED_OUT'));
    await writer.close();
  });
});
