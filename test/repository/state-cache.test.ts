import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { type Command, runKeyText } from '../../src/repository/write/command.ts';
import { abortTree } from '../../src/repository/write/commands/abort.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { recordEvents } from '../../src/repository/write/commands/record-events.ts';
import type { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { failedPrecondition } from '../../src/runs/errors.ts';
import type { AttemptEvent } from '../../src/runs/records.ts';
import { dialects } from '../support/databases.ts';
import { abortOf, at, event, newAction, newRun, outputs, recorded } from './fixtures.ts';
import { closedGate, isPending } from './gate.ts';
import { expectKeptToBeTrue } from './kept.ts';
import { actionRow, attemptRows, runRow, useRepository } from './repository.ts';

const send = (writer: GroupCommit, run: string, name: string, ...events: AttemptEvent[]) =>
  writer.submit(recordEvents(events.map((of) => recorded(run, name, of))));

describe.each(dialects)('what a writer keeps, on $name', ({ name: dialectName, create }) => {
  const first = useRepository(create);
  let second: Dialect;
  let elsewhere: GroupCommit;
  beforeAll(async () => {
    second = await openDatabase(first.database.config, 'shared');
    elsewhere = first.newWriter({}, second);
  });
  afterAll(async () => {
    await elsewhere?.close();
    await second?.close();
  });

  /** A run with actions, each RUNNING, of which the writer remembers all. */
  const prepare = async (writer: GroupCommit, run: string, ...names: string[]) => {
    await writer.submit(createRun(newRun(run)));
    await Promise.all(names.map((name) => writer.submit(recordAction(newAction(run, name)))));
    for (const name of names) await send(writer, run, name, event('RUNNING', 10));
  };
  const history = async (run: string, name: string) =>
    (await attemptRows(first.dialect, run, name))[0]?.transitions
      .sort((a, b) => (a.start_time < b.start_time ? -1 : 1))
      .map(({ phase }) => phase);

  it('is not read again: a transaction that needs nothing else only locks and writes', async () => {
    let statements = 0;
    const counting = await openDatabase(first.database.config, 'shared', { onQuery: () => statements++ });
    try {
      const count = async (writer: GroupCommit, of: AttemptEvent) => {
        statements = 0;
        await send(writer, 'counted', 'a1', of);
        return statements;
      };
      await prepare(first.writer, 'counted', 'a1');
      const kept = first.newWriter({}, counting);
      const forgetful = first.newWriter({ cache: { maxActions: 0, maxBytes: 0 } }, counting);
      await send(kept, 'counted', 'a1', event('RUNNING', 10, { version: 1 }));
      const writes = await count(kept, event('RUNNING', 10, { version: 2 }));
      const all = await count(forgetful, event('RUNNING', 10, { version: 3 }));
      // Action, attempt and history.
      expect(all - writes).toBe(3);
      // Another one has changed it: the run's row is read after its version too.
      expect(await count(kept, event('RUNNING', 10, { version: 4 }))).toBe(all + 1);
    } finally {
      await counting.close();
    }
  });

  it('is thrown away when another process has changed the run between two batches', async () => {
    const writer = first.newWriter();
    await prepare(writer, 'between', 'a1');
    await send(elsewhere, 'between', 'a1', event('PAUSED', 20, { fields: { cluster: 'east' } }));
    expect((await runRow(first.dialect, 'between'))?.paused_actions).toBe(1);
    await send(writer, 'between', 'a1', event('SUCCEEDED', 30, { fields: { outputs: outputs('s3://o') } }));
    expect(await history('between', 'a1')).toEqual(['QUEUED', 'RUNNING', 'PAUSED', 'SUCCEEDED']);
    expect((await attemptRows(first.dialect, 'between', 'a1'))[0]).toMatchObject({ cluster: 'east' });
    expect((await runRow(first.dialect, 'between'))?.paused_actions).toBe(0);
    expect(await expectKeptToBeTrue(writer, first.dialect)).toBe(1);
  });

  it('is compared under the lock: what another process commits meanwhile is not folded over', async () => {
    const gate = closedGate();
    const held = first.newWriter({ beforeCommit: gate.pass }, second);
    const writer = first.newWriter();
    await prepare(writer, 'raced', 'a1', 'a2');
    const theirs = send(held, 'raced', 'a1', event('PAUSED', 20), event('FAILED', 40));
    await gate.reached();
    const mine = send(writer, 'raced', 'a1', event('SUCCEEDED', 30));
    const other = send(writer, 'raced', 'a2', event('SUCCEEDED', 30));
    expect(await isPending(mine)).toBe(true);
    gate.open();
    await Promise.all([theirs, mine, other]);
    // Of two different ends the first one stands, and the lock says which one that is.
    expect(await history('raced', 'a1')).toEqual(['QUEUED', 'RUNNING', 'PAUSED', 'FAILED']);
    expect(await actionRow(first.dialect, 'raced', 'a1')).toMatchObject({
      phase: 'FAILED',
      end_time: at(40),
    });
    expect(await actionRow(first.dialect, 'raced', 'a2')).toMatchObject({ phase: 'SUCCEEDED' });
    expect((await runRow(first.dialect, 'raced'))?.paused_actions).toBe(0);
    expect(await expectKeptToBeTrue(writer, first.dialect)).toBe(1);
  });

  it('stays what it was when another process waited, saw it all and changed nothing', async () => {
    const writer = first.newWriter();
    await prepare(writer, 'idle', 'a1');
    const { version } = (await runRow(first.dialect, 'idle')) ?? {};
    await send(elsewhere, 'idle', 'a1', event('RUNNING', 10), event('QUEUED', 10_000));
    expect((await runRow(first.dialect, 'idle'))?.version).toBe(version);
    expect(await expectKeptToBeTrue(writer, first.dialect)).toBe(1);
  });

  it('is outdated by an abort, which has a transaction of its own', async () => {
    const writer = first.newWriter();
    await prepare(writer, 'ended', 'a1');
    await writer.exclusive(abortTree(first.dialect, abortOf('ended')));
    await send(writer, 'ended', 'a1', event('SUCCEEDED', 30));
    expect(await actionRow(first.dialect, 'ended', 'a1')).toMatchObject({ phase: 'ABORTED' });
    await writer.submit(recordAction(newAction('ended', 'late', { parent: 'a1' })));
    expect(await actionRow(first.dialect, 'ended', 'late')).toMatchObject({ phase: 'ABORTED' });
    expect(await expectKeptToBeTrue(writer, first.dialect)).toBe(1);
  });

  it('is outdated by an abort that holds the lock while a batch waits for it', async () => {
    const gate = closedGate();
    const aborting = first.newWriter({ beforeCommit: gate.pass }, second);
    const writer = first.newWriter();
    await prepare(writer, 'cut', 'a1');
    const abort = aborting.exclusive(abortTree(second, abortOf('cut')));
    await gate.reached();
    const child = writer.submit(recordAction(newAction('cut', 'child', { parent: 'a1' })));
    expect(await isPending(child)).toBe(true);
    gate.open();
    await Promise.all([abort, child]);
    expect(await actionRow(first.dialect, 'cut', 'child')).toMatchObject({ phase: 'ABORTED' });
  });

  it('finds what another process has added', async () => {
    const writer = first.newWriter();
    await prepare(writer, 'grown', 'a1');
    await elsewhere.submit(recordAction(newAction('grown', 'a2', { parent: 'a1' })));
    await send(elsewhere, 'grown', 'a1', event('FAILED', 20), event('RUNNING', 30, { attempt: 2 }));
    const refusals = await send(writer, 'grown', 'a2', event('RUNNING', 40));
    expect(refusals).toEqual([undefined]);
    await send(writer, 'grown', 'a1', event('PAUSED', 30, { attempt: 2 }));
    expect((await attemptRows(first.dialect, 'grown', 'a1')).map(({ phase }) => phase)).toEqual([
      'FAILED',
      'PAUSED',
    ]);
    expect(await expectKeptToBeTrue(writer, first.dialect)).toBe(1);
  });

  it('does not outlive a transaction that failed', async () => {
    let fails = false;
    const writer = first.newWriter({
      beforeCommit: async () => {
        if (fails) throw new Error('no commit');
      },
    });
    await prepare(writer, 'undone', 'a1');
    expect(writer.cache.size.runs).toBe(1);
    fails = true;
    await expect(send(writer, 'undone', 'a1', event('SUCCEEDED', 30))).rejects.toThrow('no commit');
    expect(writer.cache.size).toEqual({ runs: 0, actions: 0, bytes: 0 });
    fails = false;
    await send(writer, 'undone', 'a1', event('PAUSED', 20));
    expect(await history('undone', 'a1')).toEqual(['QUEUED', 'RUNNING', 'PAUSED']);
  });

  it('does not outlive a transaction whose end is not known', async () => {
    let lost = false;
    const { writer: db } = first.dialect;
    const cutting: Dialect = {
      ...first.dialect,
      writer: new Proxy(db, {
        get: (target, property) => {
          const value = Reflect.get(target, property, target);
          if (property !== 'transaction') return typeof value === 'function' ? value.bind(target) : value;
          if (!lost) return () => target.transaction();
          return () => ({
            execute: async (work: never) => {
              await db.transaction().execute(work);
              throw new Error('the connection was lost, and nobody knows');
            },
          });
        },
      }),
    };
    const writer = first.newWriter({}, cutting);
    await prepare(writer, 'unknown', 'a1');
    lost = true;
    await expect(send(writer, 'unknown', 'a1', event('PAUSED', 20))).rejects.toThrow('nobody knows');
    expect(writer.cache.size.runs).toBe(0);
    lost = false;
    await send(writer, 'unknown', 'a1', event('SUCCEEDED', 30));
    expect(await history('unknown', 'a1')).toEqual(['QUEUED', 'RUNNING', 'PAUSED', 'SUCCEEDED']);
    expect((await runRow(first.dialect, 'unknown'))?.paused_actions).toBe(0);
  });

  it('does not have what a refused command had begun', async () => {
    const writer = first.newWriter();
    await prepare(writer, 'refused', 'a1');
    const { stored } = newRun('refused');
    const careless: Command<void> = {
      runs: [stored],
      actions: [{ run: stored, name: 'a1', attempts: [1] }],
      apply(unit) {
        const action = unit.runs.get(runKeyText(stored))?.actions.get('a1');
        if (action === undefined) throw new Error('it is there');
        action.row.phase = 'SUCCEEDED';
        throw failedPrecondition('too late');
      },
    };
    await expect(writer.submit(careless)).rejects.toMatchObject({ code: 'failed_precondition' });
    await expectKeptToBeTrue(writer, first.dialect);
    await send(writer, 'refused', 'a1', event('PAUSED', 20));
    expect(await actionRow(first.dialect, 'refused', 'a1')).toMatchObject({ phase: 'PAUSED' });
  });

  it('is not what others were told of a commit, or got as an answer', async () => {
    const writer = first.newWriter();
    const { run } = await writer.submit(createRun(newRun('told')));
    const told = { ...run };
    await writer.submit(recordAction(newAction('told', 'a1')));
    first.committed.length = 0;
    await send(writer, 'told', 'a1', event('RUNNING', 10));
    const [change] = first.committed[0]?.changes ?? [];
    expect(change?.row).toMatchObject({ name: 'a1', phase: 'RUNNING' });
    await send(writer, 'told', 'a1', event('SUCCEEDED', 20));
    await send(writer, 'told', 'a0', event('SUCCEEDED', 20));
    const again = await writer.submit(createRun(newRun('told')));
    expect(again).toMatchObject({ created: false, run: { phase: 'SUCCEEDED' } });
    await writer.exclusive(abortTree(first.dialect, abortOf('told')));
    expect(change?.row).toMatchObject({ phase: 'RUNNING', end_time: null });
    expect(run).toEqual(told);
  });

  it.runIf(dialectName === 'postgres')(
    'does not outlive a connection that was cut before the commit',
    async () => {
      const gate = closedGate();
      let held = false;
      const writer = first.newWriter({
        beforeCommit: async () => {
          if (held) await gate.pass();
        },
      });
      await prepare(writer, 'killed', 'a1');
      held = true;
      const lost = send(writer, 'killed', 'a1', event('PAUSED', 20));
      lost.catch(() => {});
      await gate.reached();
      await sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and state = 'idle in transaction'`.execute(second.reader);
      held = false;
      gate.open();
      await expect(lost).rejects.toThrow();
      expect(writer.cache.size.runs).toBe(0);
      await send(writer, 'killed', 'a1', event('SUCCEEDED', 30));
      expect(await history('killed', 'a1')).toEqual(['QUEUED', 'RUNNING', 'SUCCEEDED']);
    },
  );
});
