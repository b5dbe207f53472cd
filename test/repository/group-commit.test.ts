import { sql } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import type { Command } from '../../src/repository/write/command.ts';
import { abortTree } from '../../src/repository/write/commands/abort.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { needAction } from '../../src/repository/write/commands/find.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { dialects } from '../support/databases.ts';
import { abortOf, newAction, newRun } from './fixtures.ts';
import { closedGate, isPending } from './gate.ts';
import { actionRows, runRow, useRepository } from './repository.ts';

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

describe.each(dialects)('group commit on $name', ({ name: dialectName, create }) => {
  const repository = useRepository(create);
  const batches = async (prefix: string): Promise<number[]> => {
    const rows = await repository.dialect.reader
      .selectFrom('changes')
      .innerJoin('runs', 'runs.id', 'changes.run_id')
      .select('changes.batch')
      .distinct()
      .where('runs.name', 'like', `${prefix}-%`)
      .execute();
    return rows.map((row) => row.batch);
  };

  it('puts commands that arrive together into one transaction', async () => {
    const sizes: number[] = [];
    const writer = repository.newWriter({ onBatch: (size) => sizes.push(size) });
    await Promise.all(names('together', 40).map((name) => writer.submit(createRun(newRun(name)))));
    expect(sizes).toEqual([40]);
    expect(await batches('together')).toHaveLength(1);
  });

  it('waits for more while the loop of the process is busy, but not for long and not for more than enough', async () => {
    let now = 0;
    const sizes: number[] = [];
    const writer = repository.newWriter({ now: () => now, onBatch: (size) => sizes.push(size) });
    /** Commands that come in turn after turn of the loop, each of which takes so long. */
    const turns = async (prefix: string, count: number, milliseconds: number, perTurn = 1) => {
      const submitted: Promise<unknown>[] = [];
      for (let turn = 0; turn < count; turn++) {
        for (const name of names(`${prefix}-${turn}`, perTurn)) {
          submitted.push(writer.submit(createRun(newRun(name))));
        }
        now += milliseconds;
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(submitted);
      return sizes.splice(0);
    };
    expect(await turns('busy-loop', 4, 1)).toEqual([4]);
    expect((await turns('long', 20, 1))[0]).toBe(5);
    expect((await turns('much', 4, 1, 16))[0]).toBe(32);
    expect((await turns('idle-loop', 3, 0))[0]).toBe(1);
  });

  it('makes batches of what waits, and none larger than allowed', async () => {
    const sizes: number[] = [];
    const writer = repository.newWriter({ maxBatch: 7, onBatch: (size) => sizes.push(size) });
    await Promise.all(names('bounded', 20).map((name) => writer.submit(createRun(newRun(name)))));
    expect(sizes).toEqual([7, 7, 6]);
    expect(await batches('bounded')).toHaveLength(3);
  });

  it('refuses what its queue can not hold, and answers what it took', async () => {
    const gate = closedGate();
    const { writersInFlight } = repository.dialect;
    const writer = repository.newWriter({ maxQueued: 5, maxBatch: 1, beforeCommit: gate.pass });
    const held = names('held', writersInFlight).map((name) => writer.submit(createRun(newRun(name))));
    await gate.reached(writersInFlight);
    const queued = names('queued', 5).map((name) => writer.submit(createRun(newRun(name))));
    await expect(writer.submit(createRun(newRun('refused')))).rejects.toMatchObject({
      code: 'resource_exhausted',
    });
    gate.open();
    await Promise.all([...held, ...queued]);
    expect(await runRow(repository.dialect, 'refused')).toBeUndefined();
    await writer.submit(createRun(newRun('refused')));
  });

  it('acknowledges after the commit, and shows nothing to others before it', async () => {
    const gate = closedGate();
    const writer = repository.newWriter({ beforeCommit: gate.pass });
    const other = await openDatabase(repository.database.config, 'shared');
    try {
      repository.committed.length = 0;
      const created = writer.submit(createRun(newRun('unseen')));
      await gate.reached();
      expect(await isPending(created)).toBe(true);
      expect(await runRow(repository.dialect, 'unseen')).toBeUndefined();
      expect(await runRow(other, 'unseen')).toBeUndefined();
      expect(repository.committed).toEqual([]);
      gate.open();
      await created;
      expect(repository.committed).toHaveLength(1);
      expect(await runRow(other, 'unseen')).toMatchObject({ phase: 'QUEUED' });
    } finally {
      await other.close();
    }
  });

  it('tells about a commit before it acknowledges', async () => {
    const order: string[] = [];
    const writer = repository.newWriter({ onCommitted: () => order.push('committed') });
    await writer.submit(createRun(newRun('order'))).then(() => order.push('acknowledged'));
    expect(order).toEqual(['committed', 'acknowledged']);
  });

  it('fails a command that throws while it is applied, alone', async () => {
    const broken: Command<never> = {
      runs: [],
      apply: () => {
        throw new TypeError('a bug');
      },
    };
    const outcomes = await Promise.allSettled([
      repository.writer.submit(createRun(newRun('before-bug'))),
      repository.writer.submit(broken),
      repository.writer.submit(createRun(newRun('after-bug'))),
    ]);
    expect(outcomes.map((o) => o.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { cause: { message: 'a bug' } } });
    expect(await runRow(repository.dialect, 'after-bug')).toBeDefined();
  });

  it('fails a command whose values the database refuses, alone', async () => {
    const poison = newAction('content', 'poison');
    // A value that the checks before would have refused, and each database refuses for its own reason.
    const group = dialectName === 'postgres' ? 'nul \u0000 in text' : (null as unknown as string);
    await repository.writer.submit(createRun(newRun('content')));
    const outcomes = await Promise.allSettled([
      repository.writer.submit(recordAction(newAction('content', 'a1'))),
      repository.writer.submit(recordAction({ ...poison, group })),
      repository.writer.submit(recordAction(newAction('content', 'a2'))),
    ]);
    expect(outcomes.map((o) => o.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect([...(await actionRows(repository.dialect, 'content')).keys()]).toEqual(['a0', 'a1', 'a2']);
  });

  it('applies commands in the order in which they came', async () => {
    const writer = repository.newWriter();
    const steps = [
      writer.submit(createRun(newRun('sequence'))),
      writer.submit(recordAction(newAction('sequence', 'a1'))),
      writer.submit(recordAction(newAction('sequence', 'a2', { parent: 'a1' }))),
    ];
    await Promise.all(steps);
    expect([...(await actionRows(repository.dialect, 'sequence')).keys()]).toEqual(['a0', 'a1', 'a2']);
  });

  it('tries again what another transaction got in the way of', async () => {
    let failures = 3;
    const code = dialectName === 'sqlite' ? 'SQLITE_BUSY_SNAPSHOT' : '40P01';
    const writer = repository.newWriter({
      beforeCommit: async () => {
        if (failures-- > 0) throw Object.assign(new Error('in the way'), { code });
      },
    });
    await writer.submit(createRun(newRun('persistent')));
    expect(await batches('persistent')).toEqual([]);
    expect(await actionRows(repository.dialect, 'persistent')).toHaveProperty('size', 1);
    const rows = await sql<{ n: number }>`
      select count(*) as n from changes where run_id = (select id from runs where name = 'persistent')`.execute(
      repository.dialect.reader,
    );
    expect(Number(rows.rows[0]?.n)).toBe(2);
  });

  it('gives up in the end, and says why', async () => {
    let tries = 0;
    const code = dialectName === 'sqlite' ? 'SQLITE_BUSY_SNAPSHOT' : '40001';
    const writer = repository.newWriter({
      beforeCommit: async () => {
        tries++;
        throw Object.assign(new Error('always in the way'), { code });
      },
    });
    await expect(writer.submit(createRun(newRun('hopeless')))).rejects.toThrow('always in the way');
    expect(tries).toBe(8);
    expect(await runRow(repository.dialect, 'hopeless')).toBeUndefined();
  });

  it.runIf(dialectName === 'postgres')(
    'leaves the runs of a transaction under way alone, in their order, and goes on with others',
    async () => {
      await repository.writer.submit(createRun(newRun('busy')));
      const gate = closedGate();
      let commits = 0;
      const writer = repository.newWriter({
        beforeCommit: async () => {
          if (commits++ === 0) await gate.pass();
        },
      });
      const done: string[] = [];
      const record = (name: string) =>
        writer.submit(recordAction(newAction('busy', name))).then(() => done.push(name));
      const held = record('first');
      await gate.reached();
      const later = [record('second'), record('third')];
      await writer.submit(createRun(newRun('free'))).then(() => done.push('free'));
      expect(done).toEqual(['free']);
      gate.open();
      await Promise.all([held, ...later]);
      expect(done).toEqual(['free', 'first', 'second', 'third']);
      expect([...(await actionRows(repository.dialect, 'busy')).keys()]).toEqual([
        'a0',
        'first',
        'second',
        'third',
      ]);
    },
  );

  it.runIf(dialectName === 'postgres')(
    'begins beside a transaction when as much waits as that one has, or when something has waited for long enough',
    async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        const gate = closedGate();
        const sizes: number[] = [];
        const writer = repository.newWriter({
          beforeCommit: gate.pass,
          onBatch: (size) => sizes.push(size),
        });
        const submit = (prefix: string, count: number) =>
          names(prefix, count).map((name) => writer.submit(createRun(newRun(name))));
        const submitted = submit('under-way', 3);
        await gate.reached();
        const two = submit('waiting', 2);
        expect(await isPending(Promise.race(two))).toBe(true);
        expect(sizes).toEqual([3]);
        submitted.push(...two, ...submit('enough', 1));
        await gate.reached(2);
        expect(sizes).toEqual([3, 3]);
        gate.open();
        await Promise.all(submitted);

        const held = closedGate();
        const patient = repository.newWriter({
          beforeCommit: held.pass,
          onBatch: (size) => sizes.push(size),
        });
        const slow = names('slow', 2).map((name) => patient.submit(createRun(newRun(name))));
        await held.reached();
        const late = patient.submit(createRun(newRun('late')));
        expect(await isPending(late)).toBe(true);
        expect(sizes).toEqual([3, 3, 2]);
        await vi.advanceTimersByTimeAsync(5);
        await held.reached(2);
        expect(sizes).toEqual([3, 3, 2, 1]);
        held.open();
        await Promise.all([...slow, late]);
      } finally {
        vi.useRealTimers();
      }
    },
  );

  it('counts a command by the actions that it works on', async () => {
    const sizes: number[] = [];
    const writer = repository.newWriter({ maxBatch: 10, onBatch: (size) => sizes.push(size) });
    const actions = Array.from({ length: 8 }, (_, i) => needAction(newRun('x').stored, `a${i}`));
    const command: Command<void> = { runs: [], actions, apply: () => {} };
    await Promise.all([command, command, command].map((one) => writer.submit(one)));
    expect(sizes).toEqual([1, 1, 1]);
  });

  it('answers everything that it accepted before it is closed, and takes no more', async () => {
    const gate = closedGate();
    const writer = repository.newWriter({ maxBatch: 2, beforeCommit: gate.pass });
    await repository.writer.submit(createRun(newRun('closing')));
    const accepted = names('closing', 6).map((name) => writer.submit(createRun(newRun(name))));
    const exclusive = writer.exclusive(abortTree(repository.dialect, abortOf('closing')));
    await gate.reached();
    const closed = writer.close();
    expect(await isPending(closed)).toBe(true);
    await expect(writer.submit(createRun(newRun('too-late')))).rejects.toMatchObject({ code: 'unavailable' });
    const late = writer.exclusive(abortTree(repository.dialect, abortOf('closing')));
    await expect(late).rejects.toMatchObject({ code: 'unavailable' });
    gate.open();
    await closed;
    expect((await Promise.all(accepted)).every(({ created }) => created)).toBe(true);
    await exclusive;
    expect(await runRow(repository.dialect, 'closing')).toMatchObject({ phase: 'ABORTED' });
    await writer.close();
  });
});
