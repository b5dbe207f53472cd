import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { Client, escapeIdentifier } from 'pg';
import type { TestProject } from 'vitest/node';
import { type PostgresServer, startPostgresServer } from './postgres-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Answers the URL of the PostgreSQL of this test run; the first question starts it. */
    postgresBroker: string;
    /** What the names of all databases of this test run begin with. */
    databasePrefix: string;
  }
}

/**
 * One PostgreSQL per test run, started when the first test file asks for it, so that a run of unit tests alone
 * costs nothing. With TEST_POSTGRES_URL no server is started; what the run created in that one is dropped.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const databasePrefix = `runs_test_${randomBytes(4).toString('hex')}_`;
  const given = process.env.TEST_POSTGRES_URL;
  let server: Promise<PostgresServer> | undefined;
  let givenUsed = false;

  const urlOfServer = async (): Promise<string> => {
    if (given) {
      givenUsed = true;
      return given;
    }
    server ??= startPostgresServer();
    return (await server).url;
  };
  const broker = createServer((_request, response) => {
    urlOfServer().then(
      (url) => response.end(url),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
  const address = broker.address();
  if (address === null || typeof address === 'string') throw new Error('The broker has no port.');
  project.provide('postgresBroker', `http://127.0.0.1:${address.port}/`);
  project.provide('databasePrefix', databasePrefix);

  return async () => {
    broker.closeAllConnections();
    broker.close();
    if (given && givenUsed) await dropLeftovers(given, databasePrefix);
    await (await server?.catch(() => undefined))?.stop();
  };
}

/** A test file that was stopped in the middle has not dropped its databases. */
async function dropLeftovers(url: string, prefix: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const found = await client.query<{ datname: string }>(
    'select datname from pg_database where starts_with(datname, $1)',
    [prefix],
  );
  for (const { datname } of found.rows) {
    await client.query(`drop database if exists ${escapeIdentifier(datname)} with (force)`);
  }
  await client.end();
}
