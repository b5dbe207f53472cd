import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { createPostgresDatabase } from '../support/databases.ts';
import { newRun } from './fixtures.ts';
import { useRepository } from './repository.ts';

describe('the statistics of a new PostgreSQL database', () => {
  const repository = useRepository(createPostgresDatabase);
  const known = async () => {
    const { rows } = await sql<{ reltuples: number }>`
      select reltuples from pg_class where oid = 'runs'::regclass`.execute(repository.dialect.reader);
    return rows[0]?.reltuples ?? -1;
  };

  it('are made as soon as there is something to count', async () => {
    expect(await known()).toBeLessThanOrEqual(0);
    const names = Array.from({ length: 100 }, (_, i) => `counted-${i}`);
    await Promise.all(names.map((name) => repository.writer.submit(createRun(newRun(name)))));
    await expect.poll(known).toBe(100);
  });
});
