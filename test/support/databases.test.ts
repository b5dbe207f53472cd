import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import {
  createPostgresDatabase,
  createSqliteFile,
  dialects,
  postgresAdminUrl,
  postgresTarget,
} from './databases.ts';

/** The same question to either dialect, by the plainest driver. */
async function selectOne(
  config: Awaited<ReturnType<(typeof dialects)[number]['create']>>['config'],
): Promise<unknown> {
  if (config.kind === 'sqlite') {
    const database = new Database(config.file);
    try {
      return database.prepare('select 1 as one').get();
    } finally {
      database.close();
    }
  }
  const { host, port, dbname: database, username: user, password } = config;
  const client = new Client({ host, port, database, user, password });
  await client.connect();
  try {
    return (await client.query('select 1 as one')).rows[0];
  } finally {
    await client.end();
  }
}

describe.each(dialects)('a test database on $name', ({ create }) => {
  it('answers a query', async () => {
    const database = await create();
    try {
      expect(await selectOne(database.config)).toEqual({ one: 1 });
    } finally {
      await database.drop();
    }
  });

  it('is another one each time', async () => {
    const [one, other] = await Promise.all([create(), create()]);
    try {
      expect(one.config).not.toEqual(other.config);
    } finally {
      await Promise.all([one.drop(), other.drop()]);
    }
  });
});

describe('createSqliteFile', () => {
  it('leaves nothing behind', async () => {
    const { file, drop } = await createSqliteFile();
    new Database(file).close();
    expect(existsSync(file)).toBe(true);
    await drop();
    expect(existsSync(dirname(file))).toBe(false);
  });
});

describe('createPostgresDatabase', () => {
  it('makes a UTF8 database', async () => {
    const { url, drop } = await createPostgresDatabase();
    const client = new Client({ connectionString: url });
    await client.connect();
    const answer = await client.query(`select current_setting('server_encoding') as encoding`);
    await client.end();
    await drop();
    expect(answer.rows).toEqual([{ encoding: 'UTF8' }]);
  });

  it('drops a database that somebody is still connected to', async () => {
    const { url, config, drop } = await createPostgresDatabase();
    const straggler = new Client({ connectionString: url });
    const thrownOut = new Promise((resolve) => straggler.on('error', resolve));
    await straggler.connect();
    await drop();
    await thrownOut;
    const admin = new Client({ connectionString: await postgresAdminUrl() });
    await admin.connect();
    const left = await admin.query('select 1 from pg_database where datname = $1', [config.dbname]);
    await admin.end();
    expect(left.rowCount).toBe(0);
  });
});

describe('postgresTarget', () => {
  it('takes a URL apart', () => {
    const target = postgresTarget(
      'postgres://a%40b:p%2Fw@db.example:6543/runs?sslmode=require&connect_timeout=3',
    );
    expect(target).toMatchObject({
      host: 'db.example',
      port: 6543,
      dbname: 'runs',
      username: 'a@b',
      password: 'p/w',
      extraOptions: 'sslmode=require connect_timeout=3',
    });
  });
});
