import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { type RunAs, temporaryFolderFor, unprivilegedUser } from './run-as.ts';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const START_TRIES = 5;

/** A private PostgreSQL server on 127.0.0.1 that lives in a temporary folder. */
export interface PostgresServer {
  /** Of the database `postgres`, as a superuser who logs in with a password. */
  url: string;
  /** Where its programs came from. */
  source: string;
  /** Process id of the postmaster. */
  pid: number;
  /** Stops the server (sessions are ended) and removes its folder. Safe to call again. */
  stop(): Promise<void>;
}

/**
 * Creates a cluster and starts it on a free port; resolves when it answers queries. It runs with PostgreSQL's own
 * durability settings. Should this process die, however it dies, a guard process stops the server and removes the
 * folder. Rejects with one sentence and the end of the server's log.
 */
export async function startPostgresServer(): Promise<PostgresServer> {
  const user = unprivilegedUser();
  const folder = await mkdtemp(join(temporaryFolderFor(user), 'runs-postgres-'));
  const guard = startGuard(folder);
  try {
    await chmod(folder, 0o711);
    const binaries = await findPostgresBinaries(folder);
    const password = randomBytes(12).toString('hex');
    await initialize(binaries, folder, password, user);
    for (let attempt = 1; ; attempt += 1) {
      const port = await freePort();
      const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
      const child = spawnServer(binaries, folder, port, user);
      try {
        await untilAnswering(child, url, folder);
      } catch (error) {
        await endProcess(child);
        // Somebody else may have taken the port between our look and the server's.
        const portTaken = serverLog(folder).includes('could not bind');
        if (portTaken && attempt < START_TRIES) continue;
        throw error;
      }
      const stop = async (): Promise<void> => {
        await endProcess(child);
        await rm(folder, { recursive: true, force: true });
        guard.stdin?.end();
      };
      return { url, source: binaries.source, pid: child.pid ?? 0, stop };
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    guard.stdin?.end();
    throw error;
  }
}

/** A TCP port of 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** The standard input of the guard closes when we are gone, be it by SIGKILL; the rest follows from that. */
function startGuard(folder: string): ChildProcess {
  const script = `cat >/dev/null
    pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -INT "$pid" 2>/dev/null
    tries=0
    while [ -f "$1/data/postmaster.pid" ] && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
    [ -f "$1/data/postmaster.pid" ] && kill -KILL "$pid" 2>/dev/null
    rm -rf "$1"`;
  const guard = spawn('/bin/sh', ['-c', script, 'guard', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  const input = guard.stdin as typeof guard.stdin & { unref?(): void };
  input?.unref?.();
  input?.on('error', () => undefined);
  return guard;
}

async function initialize(
  binaries: PostgresBinaries,
  folder: string,
  password: string,
  user: RunAs,
): Promise<void> {
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user.uid !== undefined && user.gid !== undefined) {
    await chown(folder, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  const fixed = ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const options = [...fixed, '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  // A linguistic collation, because that is what most people's servers have: text that must compare as bytes
  // has to say so. Servers before 15, or built without ICU, get the byte order.
  const collation = ['--locale-provider=icu', '--icu-locale=en-US'];
  const run = promisify(execFile);
  const spawnOptions = { ...user, cwd: folder, env: environment(), timeout: START_TIMEOUT_MS };
  try {
    await run(binaries.initdb, [...options, ...collation], spawnOptions);
  } catch {
    await rm(data, { recursive: true, force: true });
    await run(binaries.initdb, options, spawnOptions);
  }
}

function spawnServer(binaries: PostgresBinaries, folder: string, port: number, user: RunAs): ChildProcess {
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '64MB',
    // Not UTC, because most people's servers are not: times must not depend on it.
    timezone: 'America/St_Johns',
    log_min_messages: 'warning',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = openSync(join(folder, 'server.log'), 'a');
  const child = spawn(binaries.postgres, ['-D', join(folder, 'data'), ...args], {
    ...user,
    cwd: folder,
    env: environment(),
    stdio: ['ignore', log, log],
    // A Ctrl-C in the terminal must not end the server under tests that are still finishing.
    detached: true,
  });
  child.on('error', () => undefined);
  child.unref();
  return child;
}

/** PGDATA, PGPORT and their relatives belong to some other server. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PG') && !name.startsWith('LC_'),
  );
  return { ...Object.fromEntries(own), LC_ALL: 'C' };
}

async function untilAnswering(child: ChildProcess, url: string, folder: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (cause) {
      const ended = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
      if (ended || Date.now() > deadline) {
        const what = ended ? 'ended' : 'did not answer';
        throw new Error(`The private PostgreSQL ${what} while starting:\n${serverLog(folder)}`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

function serverLog(folder: string): string {
  const file = join(folder, 'server.log');
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-2_000) : '(no log)';
}

/** SIGINT is PostgreSQL's fast shutdown: it ends the sessions and writes a checkpoint. */
async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.ref();
  child.kill('SIGINT');
  const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(impatient);
}
