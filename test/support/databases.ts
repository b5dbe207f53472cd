import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { inject } from 'vitest';
import type { DatabaseConfig, DatabaseLimits } from '../../src/config.ts';

const limits: DatabaseLimits = {
  connectTimeoutMs: 10_000,
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 10_000,
};

/** The `database` part of the configuration, for SQLite. */
export type SqliteTarget = Extract<DatabaseConfig, { kind: 'sqlite' }>;

/** The `database` part of the configuration, for PostgreSQL. */
export type PostgresTarget = Extract<DatabaseConfig, { kind: 'postgres' }>;

/** A database of its own for one test or one test file, empty (no migrations). */
export interface TestDatabase<Target = DatabaseConfig> {
  config: Target;
  /** Removes it, whoever is still connected. */
  drop(): Promise<void>;
}

/**
 * The two dialects, for `describe.each(dialects)('… on $name', ({ create }) => …)`; call `create` in `beforeAll`
 * or in a test and `drop` when done.
 */
export const dialects: { name: 'sqlite' | 'postgres'; create: () => Promise<TestDatabase> }[] = [
  { name: 'sqlite', create: createSqliteFile },
  { name: 'postgres', create: createPostgresDatabase },
];

/** The path of an SQLite file that does not exist yet, in a temporary folder of its own. */
export async function createSqliteFile(): Promise<TestDatabase<SqliteTarget> & { file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'runs-sqlite-'));
  const file = join(folder, 'runs.db');
  return {
    config: { kind: 'sqlite', file, ...limits },
    file,
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * A new PostgreSQL database (UTF8, of template0) in the server of this test run. Rejects, with the reason, when
 * there is no PostgreSQL.
 */
export async function createPostgresDatabase(): Promise<TestDatabase<PostgresTarget> & { url: string }> {
  const admin = await postgresAdminUrl();
  const dbname = `${inject('databasePrefix')}${randomBytes(6).toString('hex')}`;
  await execute(admin, `create database ${dbname} template template0 encoding 'UTF8'`);
  const url = new URL(admin);
  url.pathname = `/${dbname}`;
  return {
    config: postgresTarget(url.href),
    url: url.href,
    drop: () => execute(admin, `drop database if exists ${dbname} with (force)`),
  };
}

/** The superuser's URL of the PostgreSQL of this test run, which the first call starts. */
export function postgresAdminUrl(): Promise<string> {
  adminUrl ??= askBroker();
  return adminUrl;
}

let adminUrl: Promise<string> | undefined;

async function askBroker(): Promise<string> {
  const response = await fetch(inject('postgresBroker'));
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}

/** The configuration that reaches what a `postgres://` URL names; its query becomes `extraOptions`. */
export function postgresTarget(address: string): PostgresTarget {
  const url = new URL(address);
  const options = [...url.searchParams].map(([name, value]) => `${name}=${value}`);
  return {
    kind: 'postgres',
    host: url.hostname,
    port: url.port === '' ? 5432 : Number(url.port),
    dbname: decodeURIComponent(url.pathname.slice(1)),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    extraOptions: options.length > 0 ? options.join(' ') : 'sslmode=disable',
    maxOpenConnections: 10,
    maxIdleConnections: 5,
    connMaxLifeTimeMs: 3_600_000,
    ...limits,
  };
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
