import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { migrate } from '../../src/repository/database.ts';
import { dialects } from '../support/databases.ts';
import { useRepository } from './repository.ts';

describe.each(dialects)('a database that a newer version has migrated, on $name', ({ create }) => {
  const repository = useRepository(create);

  it('is refused in one sentence', async () => {
    await sql`insert into kysely_migration (name, timestamp) values ('9999-future', '2030-01-01')`.execute(
      repository.dialect.writer,
    );
    await expect(migrate(repository.dialect)).rejects.toMatchObject({
      name: 'StartupError',
      message: expect.stringMatching(/newer version .*9999-future/),
    });
  });
});
