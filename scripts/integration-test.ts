/**
 * `node scripts/integration-test.ts CONFIG`: starts the service with this configuration on a free port, runs the
 * sample client against it twice, stops it. SQLite gets a new file in a temporary folder. PostgreSQL is the configured
 * one if it answers, else a private server that is removed afterwards. Exits with the client's exit code.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { type DatabaseConfig, loadConfig } from '../src/config.ts';
import { type PostgresServer, startPostgresServer } from '../test/support/postgres-server.ts';
import { databaseEnvironment, startServiceProcess } from '../test/support/service-process.ts';

const root = dirname(import.meta.dirname);

/** The first problem in connecting to the configured PostgreSQL, or undefined when it answers. */
async function problemWith(database: DatabaseConfig & { kind: 'postgres' }): Promise<string | undefined> {
  const client = new Client({
    host: database.host,
    port: database.port,
    database: database.dbname,
    user: database.username,
    password: database.password,
    ssl: database.extraOptions.includes('sslmode=require') ? { rejectUnauthorized: false } : false,
    connectionTimeoutMillis: 3_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    // Node tries every address of a name and then throws an error without a message.
    const [first] = error instanceof AggregateError ? error.errors : [error];
    return first instanceof Error ? first.message : String(first);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase(server: PostgresServer, database: DatabaseConfig & { kind: 'postgres' }) {
  const url = new URL(server.url);
  const client = new Client({ connectionString: server.url });
  await client.connect();
  await client.query(`create database ${client.escapeIdentifier(database.dbname)}`);
  await client.end();
  const { hostname: host, port, username, password } = url;
  return { ...database, host, port: Number(port), username, password, extraOptions: 'sslmode=disable' };
}

async function runClient(url: string): Promise<number> {
  const client = spawn(process.execPath, [join(root, 'client/main.ts'), '--url', url], { stdio: 'inherit' });
  const [code] = await new Promise<[number | null]>((resolve, reject) => {
    client.once('error', reject);
    client.once('exit', (exitCode) => resolve([exitCode]));
  });
  return code ?? 1;
}

const file = process.argv[2] ?? 'config.yaml';
const folder = await mkdtemp(join(tmpdir(), 'runs-integration-'));
let server: PostgresServer | undefined;
// Ctrl-C reaches the service and the client too; here it only must not prevent the clean-up below.
process.on('SIGINT', () => undefined);
try {
  let { database } = loadConfig(file).config;
  if (database.kind === 'sqlite') {
    database = { ...database, file: join(folder, 'runs.db') };
  } else {
    const problem = await problemWith(database);
    const configured = `${database.host}:${database.port}/${database.dbname}`;
    if (problem === undefined) {
      console.log(`Using the configured PostgreSQL, ${configured}.`);
    } else {
      console.log(`No PostgreSQL at ${configured} (${problem}): using a private one.`);
      server = await startPostgresServer();
      database = await createDatabase(server, database);
    }
  }
  const service = await startServiceProcess({
    config: file,
    environment: { ...databaseEnvironment(database), STORAGE_FOLDER: join(folder, 'storage') },
  });
  console.log(`The service listens on ${service.url}.\n`);
  // Twice, because it may be repeated on the same database.
  for (let round = 1; round <= 2 && !process.exitCode; round++) {
    if (round === 2) console.log('\nOnce more, on the same database:\n');
    process.exitCode = await runClient(service.url);
  }
  const exitCode = await service.stop();
  if (exitCode !== 0) throw new Error(`The service ended with exit code ${exitCode}:\n${service.log()}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
}
