import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgresServer } from '../support/postgres-server.ts';
import { startS3Server } from '../support/s3-server.ts';
import { startServiceProcess } from '../support/service-process.ts';
import { flyteFor } from './flyte.ts';
import { Place } from './place.ts';

/** What a service stands on. */
export interface Ground {
  readonly database: 'sqlite' | 'postgres';
  readonly storage: 'folder' | 's3';
}

/** What the service is told of something that it needs, and the end of that. */
interface Helper {
  readonly environment: Record<string, string>;
  stop(): Promise<void>;
}

/**
 * Starts a service that runs tasks with the Python of `venv`, does the work, and ends it; nothing stays. `environment` is that of Flyte's
 * command line.
 */
export async function withService(
  options: { ground: Ground; venv: string; environment: Record<string, string> },
  work: (place: Place) => Promise<boolean>,
): Promise<void> {
  const { ground, venv, environment } = options;
  const folder = await mkdtemp(join(tmpdir(), 'runs-flyte-'));
  const helpers: Helper[] = [];
  try {
    helpers.push(ground.database === 'sqlite' ? sqlite(folder) : await postgres());
    helpers.push(ground.storage === 'folder' ? files(folder) : await s3());
    const service = await startServiceProcess({
      environment: {
        ...Object.assign({}, ...helpers.map((helper) => helper.environment)),
        SECRETS_KEY_FILE: join(folder, 'secrets.key'),
        EXECUTOR_KIND: 'process',
        EXECUTOR_PROCESS_PYTHON: venv,
        EXECUTOR_PROCESS_WORK_DIR: join(folder, 'work'),
      },
    });
    const place = new Place(service.url, await flyteFor({ venv, folder, url: service.url, environment }));
    let good = false;
    try {
      await place.flyte.ok(['create', 'project', '--id', place.project, '--name', place.project]);
      good = await work(place);
    } finally {
      await service.stop();
      if (!good) console.log(`The end of the service's log:\n${service.log().slice(-8000)}`);
    }
  } finally {
    for (const helper of helpers) await helper.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function sqlite(folder: string): Helper {
  return { environment: { DATABASE_SQLITE_FILE: join(folder, 'runs.db') }, stop: async () => {} };
}

async function postgres(): Promise<Helper> {
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

function files(folder: string): Helper {
  return { environment: { STORAGE_FOLDER: join(folder, 'storage') }, stop: async () => {} };
}

async function s3(): Promise<Helper> {
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
