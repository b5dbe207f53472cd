import { Client } from 'pg';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { FOLDING } from '../../src/repository/dialects/advisory-locks.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { foldGroups } from '../../src/repository/write/fold-groups.ts';
import { newRun } from '../repository/fixtures.ts';
import { useRepository } from '../repository/repository.ts';
import { createPostgresDatabase } from '../support/databases.ts';

describe('folding on PostgreSQL', () => {
  const repository = useRepository(createPostgresDatabase);

  it('is done by one process at a time, and by the next one when that dies', async () => {
    const { dialect, writer, database } = repository;
    await writer.submit(createRun(newRun('counted')));
    const deltas = async () =>
      Number(
        (await sql<{ n: number }>`select count(*) as n from run_group_deltas`.execute(dialect.reader)).rows[0]
          ?.n,
      );
    const counts = async () =>
      (await sql<{ n: number }>`select runs as n from run_groups where level = 0`.execute(dialect.reader))
        .rows;
    // As far as a folder that is about to write the counts.
    const dying = new Client({ connectionString: (database as { url?: string }).url });
    dying.on('error', () => {});
    await dying.connect();
    const { rows } = await dying.query<{ pid: number }>('select pg_backend_pid() as pid');
    await dying.query('begin');
    const turn = await dying.query('select pg_try_advisory_xact_lock($1, $2) as mine', [...FOLDING]);
    expect(turn.rows).toEqual([{ mine: true }]);
    expect((await dying.query('delete from run_group_deltas')).rowCount).toBe(1);

    expect(await foldGroups(dialect)).toBeUndefined();
    expect([await deltas(), await counts()]).toEqual([1, []]);
    const ended = new Promise((resolve) => dying.once('end', resolve));
    await sql`select pg_terminate_backend(${rows[0]?.pid}::int)`.execute(dialect.writer);
    await ended;
    // The server undoes a transaction before it lets go of the backend's locks, and it may take a moment.
    let folded: number | undefined;
    while (folded === undefined) folded = await foldGroups(dialect);
    expect(folded).toBe(1);
    expect([await deltas(), await counts()]).toEqual([0, [{ n: 1 }]]);
    expect(await foldGroups(dialect)).toBe(0);
  });
});
