import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import { type DatabaseConfig, loadConfig } from '../../src/config.ts';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { ProjectService } from '../../src/gen/flyteidl2/project/project_service_pb.js';
import { freePort, type PostgresServer, startPostgresServer } from '../../test/support/postgres-server.ts';
import { databaseEnvironment } from '../../test/support/service-process.ts';
import { PLACE } from '../client/messages.ts';
import { ClientProcess } from './client-process.ts';

const root = dirname(dirname(import.meta.dirname));

/** The two databases. */
export type DatabaseKind = 'postgres' | 'sqlite';

/** A server that is measured. */
export interface Measured {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A database of one scenario. */
export interface BenchDatabase {
  readonly kind: DatabaseKind;
  readonly config: DatabaseConfig;
}

/**
 * What scenarios work in: a folder, a private PostgreSQL that the first use starts (as the tests do), servers that do nothing, and
 * client processes. `close` ends and removes all of it.
 */
export class Place {
  readonly folder: string;
  #postgres: Promise<PostgresServer> | undefined;
  readonly #empty = new Map<string, Promise<Measured>>();
  readonly #clients: ClientProcess[] = [];
  readonly #services = new Set<Measured>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Place> {
    return new Place(await mkdtemp(join(tmpdir(), 'runs-bench-')));
  }

  postgres(): Promise<PostgresServer> {
    this.#postgres ??= startPostgresServer();
    return this.#postgres;
  }

  /** The postmaster, if it was started; its descendants do the work. */
  async postgresPid(): Promise<number | undefined> {
    return (await this.#postgres)?.pid;
  }

  /** An empty database; the service migrates it. */
  async database(kind: DatabaseKind): Promise<BenchDatabase> {
    const name = `bench_${randomBytes(5).toString('hex')}`;
    if (kind === 'sqlite') {
      const { database } = loadConfig(join(root, 'config.yaml')).config;
      if (database.kind !== 'sqlite') throw new Error('config.yaml does not choose SQLite');
      await mkdir(join(this.folder, name));
      return { kind, config: { ...database, file: join(this.folder, name, 'runs.db') } };
    }
    const { url } = await this.postgres();
    await onPostgres(url, (client) => client.query(`create database ${name} template template0`));
    const { database } = loadConfig(join(root, 'config-postgres.yaml')).config;
    if (database.kind !== 'postgres') throw new Error('config-postgres.yaml does not choose PostgreSQL');
    const { hostname: host, port, username, password } = new URL(url);
    return { kind, config: { ...database, host, port: Number(port), dbname: name, username, password } };
  }

  /** Removes a database that no service uses any more. */
  async drop({ config }: BenchDatabase): Promise<void> {
    if (config.kind === 'sqlite') return rm(dirname(config.file), { recursive: true, force: true });
    const { url } = await this.postgres();
    await onPostgres(url, (client) => client.query(`drop database if exists ${config.dbname} with (force)`));
  }

  /** Starts the release build with the shipped configuration on a port of its own; nothing executes tasks. */
  async service(
    database: BenchDatabase,
    environment: Record<string, string> = {},
  ): Promise<Measured & { startedMs: number }> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const config = join(root, database.kind === 'sqlite' ? 'config.yaml' : 'config-postgres.yaml');
    const begin = performance.now();
    const child = spawn(join(root, 'bin/runs-service'), ['--config', config], {
      cwd: this.folder,
      env: {
        ...process.env,
        ...databaseEnvironment(database.config),
        RUNS_SERVER_HOST: '127.0.0.1',
        RUNS_SERVER_PORT: String(port),
        STORAGE_FOLDER: join(this.folder, 'storage'),
        EXECUTOR_KIND: 'none',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        log = (log + chunk.toString()).slice(-20_000);
      });
    }
    await untilReady(child, url, () => log);
    const startedMs = performance.now() - begin;
    const service: Measured & { startedMs: number } = {
      url,
      startedMs,
      pid: child.pid ?? 0,
      stop: async () => {
        this.#services.delete(service);
        await end(child);
      },
    };
    this.#services.add(service);
    return service;
  }

  /** Makes the project that the clients name, as PostgreSQL's shipped configuration demands. */
  async project(service: Measured): Promise<void> {
    const client = createClient(ProjectService, createGrpcTransport({ baseUrl: service.url }));
    const { org, project } = PLACE;
    await client.createProject({ project: { id: project, name: project, org } }).catch((error: unknown) => {
      if (!String(error).includes('already_exists')) throw error;
    });
  }

  /** A server in a process of its own that answers with empty messages; one for the whole run. */
  empty(kind: 'connect' | 'http2'): Promise<Measured> {
    let server = this.#empty.get(kind);
    if (server === undefined) {
      server = startEmpty(kind);
      this.#empty.set(kind, server);
    }
    return server;
  }

  client(): ClientProcess {
    const client = new ClientProcess();
    this.#clients.push(client);
    return client;
  }

  /** Client processes that are no longer needed. */
  release(clients: readonly ClientProcess[]): void {
    for (const client of clients) client.close();
  }

  async close(): Promise<void> {
    this.release(this.#clients);
    for (const service of [...this.#services]) await service.stop();
    for (const server of this.#empty.values()) await server.then((s) => s.stop()).catch(() => undefined);
    await this.#postgres?.then((server) => server.stop()).catch(() => undefined);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** One statement or a few on a connection of their own. */
export async function onPostgres<R>(
  where: string | ClientConfig,
  work: (client: Client) => Promise<R>,
): Promise<R> {
  const client = new Client(where);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function startEmpty(kind: string): Promise<Measured> {
  const child = fork(join(root, 'bench/empty/main.ts'), [kind]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    stop: async () => {
      if (child.connected) child.disconnect();
    },
  };
}

const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 5;

async function untilReady(child: ChildProcess, url: string, log: () => string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.pid === undefined)
      throw new Error(`the service ended while starting:\n${log()}`);
    const ready = await fetch(`${url}/readyz`).then(
      async (response) => {
        await response.arrayBuffer();
        return response.ok;
      },
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  child.kill('SIGKILL');
  throw new Error(`the service was not ready in time:\n${log()}`);
}

const END_WITHIN_MS = 40_000;

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const impatient = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
  await closed;
  clearTimeout(impatient);
}
