import { sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { GroupCommit, type WriterOptions } from '../../src/repository/write/group-commit.ts';
import { createPostgresDatabase } from '../support/databases.ts';
import { at, newRun } from './fixtures.ts';
import { closedGate } from './gate.ts';
import { dump, runRow } from './repository.ts';

describe('a PostgreSQL that goes away', () => {
  let database: Awaited<ReturnType<typeof createPostgresDatabase>>;
  let dialect: Dialect;
  const connectionErrors: Error[] = [];

  beforeAll(async () => {
    database = await createPostgresDatabase();
    dialect = await openDatabase(database.config, 'shared', {
      onConnectionError: (error) => connectionErrors.push(error),
    });
  });
  afterAll(async () => {
    await dialect?.close();
    await database?.drop();
  });

  const writer = (options: Partial<WriterOptions> = {}) =>
    new GroupCommit(dialect, {
      clock: () => at(0),
      maxQueued: 1000,
      maxBatch: 500,
      onCommitted: () => {},
      ...options,
    });

  /** Ends every connection of the service, whatever it is doing. */
  async function terminateBackends(): Promise<void> {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query(
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`,
      );
    } finally {
      await client.end();
    }
  }

  it('fails the batch that was under way, leaves nothing of it, and serves the next one', async () => {
    await writer().submit(createRun(newRun('before')));
    const before = await dump(dialect);
    const gate = closedGate();
    const held = writer({ beforeCommit: gate.pass });
    const lost = Promise.allSettled(['lost-1', 'lost-2'].map((name) => held.submit(createRun(newRun(name)))));
    await gate.reached();
    await terminateBackends();
    gate.open();
    expect((await lost).map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    expect(await dump(dialect)).toEqual(before);
    expect((await held.submit(createRun(newRun('lost-1')))).created).toBe(true);
    expect(await runRow(dialect, 'lost-1')).toMatchObject({ phase: 'QUEUED' });
    await held.close();
  });

  it('is noticed on idle connections, which the pool replaces', async () => {
    await Promise.all(Array.from({ length: 4 }, () => sql`select 1`.execute(dialect.reader)));
    connectionErrors.length = 0;
    await terminateBackends();
    // The notice reaches an idle connection when its socket closes; each query meets a live one or replaces it.
    await expect.poll(() => connectionErrors.length).toBeGreaterThan(0);
    const { rows } = await sql<{ one: number }>`select 1 as one`.execute(dialect.reader);
    expect(rows).toEqual([{ one: 1 }]);
  });
});
