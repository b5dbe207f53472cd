import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DatabaseConfig, StartupError } from '../../src/config.ts';
import { openDatabase } from '../../src/repository/open.ts';
import {
  createPostgresDatabase,
  createSqliteFile,
  dialects,
  type PostgresTarget,
  type TestDatabase,
} from '../support/databases.ts';

/** The sentence with which opening fails; it is all that a person sees. */
async function refusal(
  config: DatabaseConfig,
  hooks: Parameters<typeof openDatabase>[2] = {},
): Promise<string> {
  const error: unknown = await openDatabase(config, 'shared', hooks).then(
    async (dialect) => {
      await dialect.close();
      return undefined;
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartupError);
  const { message } = error as StartupError;
  expect(message).not.toMatch(/\n|\bat .*:\d+:\d+|node_modules/);
  return message;
}

describe.each(dialects)('opening $name', ({ create }) => {
  it('holds the database to its way of telling organizations apart', async () => {
    const database = await create();
    try {
      await (await openDatabase(database.config, 'separate')).close();
      expect(await refusal(database.config)).toMatch(/runs\.organizations: separate.* shared/);
      await (await openDatabase(database.config, 'separate')).close();
    } finally {
      await database.drop();
    }
  });
});

describe('a PostgreSQL that can not be opened', () => {
  let database: TestDatabase<PostgresTarget>;
  let silent: Server;
  beforeAll(async () => {
    database = await createPostgresDatabase();
    // Takes connections and never says a word.
    silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    silent?.close();
    await database?.drop();
  });

  it('because of wrong credentials', async () => {
    const message = await refusal({ ...database.config, password: 'wr0ng-s3cret' });
    expect(message).toMatch(/^database\.postgres: .* user "postgres".*password/);
    expect(message).not.toContain('wr0ng-s3cret');
  });

  it('because of an unknown user', async () => {
    expect(await refusal({ ...database.config, username: 'nobody_here' })).toContain('"nobody_here"');
  });

  it('because the database does not exist', async () => {
    const message = await refusal({ ...database.config, dbname: 'no_such_database' });
    expect(message).toMatch(/^database\.postgres\.dbname: .*"no_such_database" does not exist.*createdb/);
  });

  it('because nothing listens there, after waiting for it', async () => {
    const reasons: string[] = [];
    const port = await closedPort();
    const config = { ...database.config, port, connectTimeoutMs: 1_200 };
    const message = await refusal(config, { onWaiting: (reason) => reasons.push(reason) });
    expect(message).toMatch(
      new RegExp(`^database\\.postgres: 127\\.0\\.0\\.1:${port} was out of reach for 1 s`),
    );
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toContain('ECONNREFUSED');
  });

  it('because what listens there never answers', async () => {
    const { port } = silent.address() as { port: number };
    const message = await refusal({ ...database.config, port, connectTimeoutMs: 600 });
    expect(message).toMatch(/^database\.postgres: .* was out of reach/);
  });

  it('because of options that it does not know', async () => {
    const message = await refusal({ ...database.config, extraOptions: 'sslmod=require' });
    expect(message).toMatch(/^database\.postgres\.extraOptions: sslmod/);
  });
});

describe('an SQLite file that can not be opened', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runs-open-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const sqlite = async (file: string): Promise<DatabaseConfig> => {
    const { config, drop } = await createSqliteFile();
    await drop();
    return { ...config, file };
  };

  it('because it is something else', async () => {
    const file = join(folder, 'notes.txt');
    await writeFile(file, 'These are my notes, and no database at all. '.repeat(100));
    const message = await refusal(await sqlite(file));
    expect(message).toMatch(/^database\.sqlite\.file: .*notes\.txt/);
  });

  it('because its folder is a file', async () => {
    const file = join(folder, 'plain');
    await writeFile(file, '');
    expect(await refusal(await sqlite(join(file, 'runs.db')))).toMatch(/^database\.sqlite\.file: .*runs\.db/);
  });

  it('because it is a folder', async () => {
    expect(await refusal(await sqlite(folder))).toMatch(/^database\.sqlite\.file: /);
  });
});

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
