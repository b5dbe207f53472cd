import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { failRefused } from '../../src/repository/outbox-refusal.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { recordEvents } from '../../src/repository/write/commands/record-events.ts';
import type { GroupCommit } from '../../src/repository/write/group-commit.ts';
import type { AttemptEvent } from '../../src/runs/records.ts';
import { dialects } from '../support/databases.ts';
import { errorInfo, event, named, newAction, newRun, recorded } from './fixtures.ts';
import { expectKeptToBeTrue } from './kept.ts';
import { attemptRows, useRepository } from './repository.ts';

const send = (writer: GroupCommit, run: string, name: string, ...events: AttemptEvent[]) =>
  writer.submit(recordEvents(events.map((of) => recorded(run, name, of))));

describe.each(dialects)('the room for what a writer keeps, on $name', ({ name: dialectName, create }) => {
  const first = useRepository(create);

  /** A run with actions, each RUNNING, of which the writer remembers all. */
  const prepare = async (writer: GroupCommit, run: string, ...names: string[]) => {
    await writer.submit(createRun(newRun(run)));
    await Promise.all(names.map((name) => writer.submit(recordAction(newAction(run, name)))));
    for (const name of names) await send(writer, run, name, event('RUNNING', 10));
  };
  it('may have an action without its attempts, which are read when they are needed', async () => {
    await prepare(first.writer, 'partly', 'a1');
    await send(first.writer, 'partly', 'a1', event('RUNNING', 30, { attempt: 2 }));
    const writer = first.newWriter();
    await writer.submit(recordAction(newAction('partly', 'child', { parent: 'a1' })));
    const [run] = writer.cache.states;
    expect(run?.actions.get('a1')?.attempts.size).toBe(0);
    await writer.submit(failRefused(named('partly', 'a1'), 'no'));
    expect((await attemptRows(first.dialect, 'partly', 'a1')).map(({ phase }) => phase)).toEqual([
      'RUNNING',
      'FAILED',
    ]);
    await expectKeptToBeTrue(writer, first.dialect);
  });

  it('is bounded; what was used longest ago goes first, and of a large run what came first', async () => {
    const writer = first.newWriter({ cache: { maxActions: 10, maxBytes: 100_000 } });
    for (const run of ['old', 'middle', 'new']) await prepare(writer, run, 'a1', 'a2');
    const kept = () => [...writer.cache.states].map(({ row }) => row.name);
    expect(kept()).toEqual(['middle', 'new']);
    await send(writer, 'middle', 'a1', event('PAUSED', 20));
    expect(kept()).toEqual(['new', 'middle']);
    await prepare(writer, 'large', ...Array.from({ length: 12 }, (_, i) => `b${i}`));
    expect(writer.cache.size.actions).toBeLessThanOrEqual(10);
    const [large] = [...writer.cache.states].filter(({ row }) => row.name === 'large');
    expect([...(large?.actions.keys() ?? [])].slice(-1)).toEqual(['b11']);
    await send(writer, 'large', 'b0', event('SUCCEEDED', 30));
    expect((await attemptRows(first.dialect, 'large', 'b0'))[0]?.transitions).toHaveLength(3);
    await expectKeptToBeTrue(writer, first.dialect);
  });

  it('has no large messages', async () => {
    const writer = first.newWriter({ cache: { maxActions: 1000, maxBytes: 40_000 } });
    await prepare(writer, 'heavy', 'a1', 'a2', 'a3');
    const error = (length: number) => ({ fields: { error_info: errorInfo('x'.repeat(length)) } });
    await send(writer, 'heavy', 'a1', event('FAILED', 20, error(20_000)));
    await send(writer, 'heavy', 'a2', event('FAILED', 20, error(15_000)));
    const [run] = writer.cache.states;
    expect([...(run?.actions.keys() ?? [])]).toEqual(['a0', 'a2', 'a3']);
    await send(writer, 'heavy', 'a3', event('FAILED', 20, error(15_000)));
    expect(writer.cache.size.bytes).toBeLessThanOrEqual(20_000);
    await send(writer, 'heavy', 'a1', event('RUNNING', 5, { version: 9 }));
    expect((await attemptRows(first.dialect, 'heavy', 'a1'))[0]?.error_info).toHaveLength(20_000 + 6);
    await expectKeptToBeTrue(writer, first.dialect);
  });

  it.runIf(dialectName === 'postgres')(
    'costs no new entries in the indexes of runs when only an action changes',
    async () => {
      const { config } = first.database;
      const alone = await openDatabase(
        { ...config, maxOpenConnections: 1, maxIdleConnections: 1 } as typeof config,
        'shared',
      );
      try {
        const writer = first.newWriter({}, alone);
        await prepare(writer, 'hot', 'a1');
        const before = await hotUpdates(alone);
        for (let version = 1; version <= 20; version++) {
          await send(writer, 'hot', 'a1', event('RUNNING', 10, { version }));
        }
        // Now and then a page is full, and the row moves.
        expect((await hotUpdates(alone)) - before).toBeGreaterThan(15);
      } finally {
        await alone.close();
      }
    },
  );
});

/** How many updates of runs were within their page. A connection reports its own when it is told to. */
async function hotUpdates({ writer }: Dialect): Promise<number> {
  await sql`select pg_stat_force_next_flush()`.execute(writer);
  const { rows } = await sql<{ n: number }>`
    select n_tup_hot_upd as n from pg_stat_user_tables where relname = 'runs'`.execute(writer);
  return Number(rows[0]?.n ?? 0);
}
