import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgresServer } from '../support/postgres-server.ts';
import { startS3Server } from '../support/s3-server.ts';

/** What a service stands on. */
export interface Ground {
  readonly database: 'sqlite' | 'postgres';
  readonly storage: 'folder' | 's3';
}

/** What a service is told of something that it needs, and the end of that. */
interface Footing {
  readonly environment: Record<string, string>;
  stop(): Promise<void>;
}

/**
 * Prepares a folder, a database and a storage, and lets `work` start services on them, as often as it likes, with this environment; then
 * all of it is gone.
 */
export async function onGround<T>(
  { database, storage }: Ground,
  work: (folder: string, environment: Record<string, string>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'runs-flyte-'));
  const footings: Footing[] = [];
  try {
    footings.push(database === 'sqlite' ? sqlite(folder) : await postgres());
    footings.push(storage === 'folder' ? files(folder) : await s3());
    const environment = Object.assign({}, ...footings.map((footing) => footing.environment));
    return await work(folder, environment);
  } finally {
    for (const footing of footings) await footing.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function sqlite(folder: string): Footing {
  return { environment: { DATABASE_SQLITE_FILE: join(folder, 'runs.db') }, stop: async () => {} };
}

async function postgres(): Promise<Footing> {
  const server = await startPostgresServer();
  const { hostname, port, username, password } = new URL(server.url);
  return {
    environment: {
      DATABASE_SQLITE: '',
      DATABASE_POSTGRES_HOST: hostname,
      DATABASE_POSTGRES_PORT: port,
      DATABASE_POSTGRES_DBNAME: 'postgres',
      DATABASE_POSTGRES_USERNAME: username,
      DATABASE_POSTGRES_PASSWORD: password,
      DATABASE_POSTGRES_EXTRA_OPTIONS: 'sslmode=disable',
    },
    stop: () => server.stop(),
  };
}

function files(folder: string): Footing {
  return { environment: { STORAGE_FOLDER: join(folder, 'storage') }, stop: async () => {} };
}

async function s3(): Promise<Footing> {
  const server = await startS3Server();
  const { bucket } = await server.bucket('flyte', 'some/where');
  return {
    environment: {
      STORAGE_FOLDER: '',
      STORAGE_S3_BUCKET: bucket,
      STORAGE_S3_PREFIX: 'some/where',
      STORAGE_S3_ENDPOINT: server.endpoint,
      STORAGE_S3_REGION: 'us-east-1',
      STORAGE_S3_ACCESS_KEY_ID: server.credentials.accessKeyId,
      STORAGE_S3_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    },
    stop: () => server.stop(),
  };
}
