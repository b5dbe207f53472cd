import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordEvents } from '../../src/repository/write/commands/record-events.ts';
import { GroupCommit, type WriterOptions } from '../../src/repository/write/group-commit.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { at, event, newRun, recorded, runKey, task } from './fixtures.ts';
import { closedGate, isPending } from './gate.ts';
import { actionRow, attemptRows, changedKeys, useRepository } from './repository.ts';

/** The dialect, taking note of the errors for which a transaction is tried again. */
const noting = (dialect: Dialect, retries: unknown[]): Dialect => ({
  ...dialect,
  isRetryable(error) {
    if (!dialect.isRetryable(error)) return false;
    retries.push(error);
    return true;
  },
});

/** Two services on one database: connections, queues and id blocks of their own. */
describe.each(dialects)('two writers on one $name database', ({ name, create }) => {
  const first = useRepository(create);
  let second: Dialect;
  beforeAll(async () => {
    second = await openDatabase(first.database.config, 'shared');
  });
  afterAll(() => second?.close());

  const writerOf = (dialect: Dialect, options: Partial<WriterOptions> = {}) =>
    new GroupCommit(dialect, {
      clock: () => at(0),
      maxQueued: 1000,
      maxBatch: 500,
      onCommitted: () => {},
      ...options,
    });

  it('make a run once, although both found the name free', async () => {
    const gate = closedGate();
    const one = writerOf(first.dialect, { beforeCommit: gate.pass });
    const two = writerOf(second);
    const mine = one.submit(createRun(newRun('contested', { labels: { by: 'one' } })));
    await gate.reached();
    const theirs = two.submit(createRun(newRun('contested', { labels: { by: 'two' } })));
    const neighbour = two.submit(createRun(newRun('neighbour')));
    expect(await isPending(theirs)).toBe(true);
    gate.open();
    expect((await mine).created).toBe(true);
    expect(await theirs).toMatchObject({ created: false, run: { name: 'contested', labels: /one/ } });
    expect((await neighbour).created).toBe(true);
    expect(await changedKeys(first.dialect, 'contested')).toEqual(['a0', 'run']);
  });

  it('change the same runs in opposite orders and wait for each other only', async () => {
    const runs = ['crossed-1', 'crossed-2', 'crossed-3'];
    await Promise.all(runs.map((run) => first.writer.submit(createRun(newRun(run)))));
    const retries: unknown[] = [];
    const writers = [first.dialect, second].map((dialect) => writerOf(noting(dialect, retries)));
    for (let round = 1; round <= 20; round++) {
      const rounds = writers.map((writer, i) => {
        const order = i === 0 ? runs : runs.toReversed();
        const of = event('RUNNING', 100 - round, { version: 2 * round + i });
        return writer.submit(recordEvents(order.map((run) => recorded(run, 'a0', of))));
      });
      await Promise.all(rounds);
    }
    expect(retries).toEqual([]);
    for (const run of runs) {
      expect((await attemptRows(first.dialect, run, 'a0'))[0]).toMatchObject({
        version: 41,
        transitions: [{ phase: 'QUEUED' }, { phase: 'RUNNING', start_time: at(80) }],
      });
    }
  });

  it('make new runs, projects and specs in opposite orders without a deadlock', async () => {
    const retries: unknown[] = [];
    const writers = [first.dialect, second].map((dialect) => writerOf(noting(dialect, retries)));
    if (name === 'postgres') {
      // Each row takes its time, so that the two statements meet in the middle.
      await sql`create function dawdle() returns trigger language plpgsql as
        $$ begin perform pg_sleep(0.001); return new; end $$`.execute(first.dialect.writer);
      for (const table of ['projects', 'task_specs', 'runs']) {
        await sql`create trigger dawdle before insert on ${sql.table(table)} for each row
          execute function dawdle()`.execute(first.dialect.writer);
      }
    }
    for (let round = 0; round < 4; round++) {
      const runs = Array.from({ length: 40 }, (_, i) => {
        const key = runKey(`fresh-${round}-${i}`, `project-${round}-${i % 7}`);
        return newRun(key.name, { key, spec: task(`mod.t${round}-${i % 11}`) });
      });
      const outcomes = await Promise.all(
        writers.map((writer, i) =>
          Promise.all((i === 0 ? runs : runs.toReversed()).map((run) => writer.submit(createRun(run)))),
        ),
      );
      expect(outcomes.flat().filter(({ created }) => created)).toHaveLength(runs.length);
    }
    expect(retries).toEqual([]);
  });

  it('wait for a lock as long as they may, in peace, and then say that the database is busy', async () => {
    const impatient = await openDatabase({ ...first.database.config, lockTimeoutMs: 300 }, 'shared');
    try {
      await first.writer.submit(createRun(newRun('locked')));
      const gate = closedGate();
      const one = writerOf(first.dialect, { beforeCommit: gate.pass });
      const two = writerOf(impatient);
      const mine = one.submit(recordEvents([recorded('locked', 'a0', event('RUNNING', 5))]));
      await gate.reached();
      let turns = 0;
      const counting = setInterval(() => turns++, 10);
      const theirs = two.submit(recordEvents([recorded('locked', 'a0', event('PAUSED', 6))]));
      await expect(theirs).rejects.toMatchObject({ code: name === 'sqlite' ? 'SQLITE_BUSY' : '55P03' });
      clearInterval(counting);
      expect(turns).toBeGreaterThan(5);
      gate.open();
      await mine;
      await two.submit(recordEvents([recorded('locked', 'a0', event('PAUSED', 6))]));
      expect(await actionRow(first.dialect, 'locked', 'a0')).toMatchObject({ phase: 'PAUSED' });
    } finally {
      await impatient.close();
    }
  });

  it('fold events that meet in one attempt as if they had come one after the other', async () => {
    const gate = closedGate();
    const one = writerOf(first.dialect, { beforeCommit: gate.pass });
    const two = writerOf(second);
    await two.submit(createRun(newRun('met')));
    const early = one.submit(recordEvents([recorded('met', 'a0', event('RUNNING', 5))]));
    await gate.reached();
    const late = two.submit(recordEvents([recorded('met', 'a0', event('SUCCEEDED', 9))]));
    expect(await isPending(late)).toBe(true);
    gate.open();
    await Promise.all([early, late]);
    expect(await actionRow(first.dialect, 'met', 'a0')).toMatchObject({
      phase: 'SUCCEEDED',
      end_time: at(9),
    });
    expect((await attemptRows(first.dialect, 'met', 'a0'))[0]?.transitions).toHaveLength(3);
  });
});

/** A pool may be small: nothing may need a second connection while it holds one. */
describe.each(dialects)('a writer on one $name connection', ({ create }) => {
  let database: TestDatabase;
  let dialect: Dialect;
  beforeAll(async () => {
    database = await create();
    const config =
      database.config.kind === 'postgres'
        ? { ...database.config, maxOpenConnections: 1, maxIdleConnections: 0 }
        : database.config;
    dialect = await openDatabase({ ...config, connectTimeoutMs: 2_000 }, 'shared');
  });
  afterAll(async () => {
    await dialect?.close();
    await database?.drop();
  });

  it('writes batches and single commands', async () => {
    const writer = new GroupCommit(dialect, {
      clock: () => at(0),
      maxQueued: 1000,
      maxBatch: 10,
      onCommitted: () => {},
    });
    const names = Array.from({ length: 30 }, (_, i) => `narrow-${i}`);
    const created = await Promise.all(names.map((name) => writer.submit(createRun(newRun(name)))));
    expect(created.every((one) => one.created)).toBe(true);
    await writer.close();
  });
});
