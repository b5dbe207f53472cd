import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { DatabaseConfig } from '../../src/config.ts';
import { freePort } from './postgres-server.ts';

const root = dirname(dirname(import.meta.dirname));
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 40_000;
const LOG_CHARACTERS = 65_536;

/** The service in a process of its own, ready to serve. */
export interface ServiceProcess {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  url: string;
  pid: number;
  /** The end of what it wrote to standard output and standard error. */
  log(): string;
  /** Asks it to shut down (SIGTERM), waits and answers its exit code; null if a signal ended it. */
  stop(): Promise<number | null>;
  /** SIGKILL: what it has not made durable by now is lost. */
  kill(): Promise<void>;
}

/**
 * Starts `src/main.ts` on a port of 127.0.0.1 (a free one unless it is given) and resolves when /readyz says 200. `environment` overrides
 * keys of the configuration file (`config`, config.yaml by default); see `databaseEnvironment`. Runs are recorded
 * only, unless it sets EXECUTOR_KIND. Rejects, with the end of its log, when the process ends or is not ready within 60 s.
 */
export async function startServiceProcess(
  options: { config?: string; port?: number; environment?: Record<string, string> } = {},
): Promise<ServiceProcess> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const config = options.config ?? join(root, 'config.yaml');
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), '--config', config], {
    env: {
      ...process.env,
      RUNS_SERVER_HOST: '127.0.0.1',
      RUNS_SERVER_PORT: String(port),
      // Most tests report themselves what happens to their runs.
      EXECUTOR_KIND: 'none',
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  const remember = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-LOG_CHARACTERS);
  };
  child.stdout.on('data', remember);
  child.stderr.on('data', remember);
  const end = (signal: NodeJS.Signals) => endProcess(child, signal);
  try {
    await untilReady(child, url);
  } catch (cause) {
    await end('SIGKILL');
    throw new Error(`The service did not become ready:\n${log}`, { cause });
  }
  return {
    url,
    pid: child.pid ?? 0,
    log: () => log,
    stop: () => end('SIGTERM'),
    kill: async () => {
      await end('SIGKILL');
    },
  };
}

/** The environment variables that make the service use this database, whatever its configuration file says. */
export function databaseEnvironment(database: DatabaseConfig): Record<string, string> {
  if (database.kind === 'sqlite') return { DATABASE_POSTGRES: '', DATABASE_SQLITE_FILE: database.file };
  return {
    DATABASE_SQLITE: '',
    DATABASE_POSTGRES_HOST: database.host,
    DATABASE_POSTGRES_PORT: String(database.port),
    DATABASE_POSTGRES_DBNAME: database.dbname,
    DATABASE_POSTGRES_USERNAME: database.username,
    DATABASE_POSTGRES_PASSWORD: database.password,
    DATABASE_POSTGRES_EXTRA_OPTIONS: database.extraOptions,
  };
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const deadline = AbortSignal.timeout(START_TIMEOUT_MS);
  for (;;) {
    if (hasEnded(child)) throw new Error(`It ended with exit code ${child.exitCode}.`);
    const ready = await fetch(`${url}/readyz`, { signal: deadline }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.ok;
      },
      () => false,
    );
    if (ready) return;
    deadline.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (hasEnded(child)) return child.exitCode;
  // close rather than exit: then the log is complete.
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.kill(signal);
  const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await closed;
  clearTimeout(impatient);
  return child.exitCode;
}
