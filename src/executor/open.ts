import { join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { StartupError } from '../config.ts';
import type { Logger } from '../logger.ts';
import { makeFolder } from '../make-folder.ts';
import type { Dialect } from '../repository/dialects/dialect.ts';
import type { GroupCommit } from '../repository/write/group-commit.ts';
import { resolveSettings } from '../repository/settings.ts';
import { systemClock } from '../runs/instant.ts';
import { configuredKey, keyFile } from '../secrets/key-source.ts';
import { SecretStore } from '../secrets/store.ts';
import { secretVariables } from '../secrets/task-secrets.ts';
import type { Storage } from '../storage/storage.ts';
import { Executor } from './executor.ts';
import { executorFolder } from './folder.ts';
import { folderId } from './folder-id.ts';
import { configuredPython, Interpreters } from './interpreters.ts';
import type { ExecutorMetrics } from './live.ts';
import { isLoopback } from './loopback.ts';
import { passedOn, type TaskEndpoint } from './task-environment.ts';
import { uptimeMs } from './uptime.ts';

/** What an executor is made of. */
export interface ExecutorParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly dialect: Dialect;
  readonly writer: GroupCommit;
  readonly storage: Storage;
  readonly metrics: ExecutorMetrics;
  /** The port on which the service listens, as soon as it does. */
  readonly port: () => number;
  readonly pollMs: number;
}

/** Makes the process executor that the configuration describes; it does not work yet. Throws a StartupError if it could not. */
export async function openExecutor(parts: ExecutorParts): Promise<Executor> {
  const { config, logger, dialect, writer, storage, metrics } = parts;
  const { systemRetries, process: settings } = config.executor;
  const workDir = executorFolder(config);
  try {
    makeFolder(workDir);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(`executor.process.workDir: the folder ${workDir} can't be made (${reason})`);
  }
  const configured = await configuredPython(settings.python && resolve(settings.python));
  const interpreters = new Interpreters({ folder: join(workDir, 'venvs'), configured });
  const { database, secrets: keys } = config;
  const secrets = new SecretStore(
    dialect,
    keys.key === undefined ? keyFile(keys.keyFile) : configuredKey(keys.key),
  );
  const isSqlite = database.kind === 'sqlite';
  const name = `${settings.name}:${workDir}`;
  return new Executor({
    dialect,
    writer,
    storage,
    clock: systemClock,
    logger,
    metrics,
    workDir,
    systemRetries,
    // A file has one executor, wherever its folder is; a server may have one for each work folder, on any number of machines. The folder's
    // id tells those apart that have one name by mistake.
    node: isSqlite ? 'local' : `${name}#${folderId(join(workDir, 'executor.id'))}`,
    lockFile: isSqlite ? `${resolve(database.file)}-executor` : join(workDir, 'executor.lock'),
    lease: isSqlite
      ? undefined
      : { leaseMs: settings.leaseMs, file: join(workDir, 'executor.lease'), earlierName: name, uptimeMs },
    maxProcesses: settings.maxProcesses,
    killGraceMs: settings.killGraceMs,
    pollMs: parts.pollMs,
    interpreters,
    prepare: {
      storage,
      interpreters,
      endpoint: () => taskEndpoint(config, parts.port()),
      machine: passedOn(process.env),
      storageEnvironment: () => storage.taskEnvironment(),
      secrets: (task) =>
        secretVariables(secrets, task.stored, task.taskSpec.taskTemplate?.securityContext?.secrets ?? []),
      settings: async (task) => (await resolveSettings(dialect.reader, task.stored)).environmentVariables,
      logger,
    },
  });
}

/** How tasks reach the service: as configured, or on this machine. */
export function taskEndpoint(config: Config, port: number): TaskEndpoint {
  const { host, tls } = config.runs.server;
  const everywhere = host === '0.0.0.0' || host === '::' || host === '' || isLoopback(host);
  const local = host.includes(':') && !everywhere ? `[${host}]` : host;
  const address = config.executor.process.endpoint ?? `${everywhere ? loopbackOf(host) : local}:${port}`;
  return { address, tls: tls !== undefined };
}

function loopbackOf(host: string): string {
  return host === '::1' || host === '[::1]' ? '[::1]' : '127.0.0.1';
}
