import { availableParallelism, hostname } from 'node:os';
import { StartupError } from './errors.ts';
import type { Level } from './levels.ts';
import { readSecret } from './read-secret.ts';
import type { ParsedConfig } from './schema.ts';
import { type SecretsConfig, type StorageConfig, toSecrets, toStorage } from './storage.ts';

/** Which database is used, and how. */
export type DatabaseConfig =
  | ({ kind: 'sqlite'; file: string } & DatabaseLimits)
  | ({
      kind: 'postgres';
      host: string;
      port: number;
      dbname: string;
      username: string;
      password: string;
      /** libpq options such as `sslmode=disable`, separated by blanks. */
      extraOptions: string;
      maxOpenConnections: number;
      maxIdleConnections: number;
      connMaxLifeTimeMs: number;
    } & DatabaseLimits);

/** How long things may take, on either database. */
export interface DatabaseLimits {
  connectTimeoutMs: number;
  statementTimeoutMs: number;
  lockTimeoutMs: number;
}

/** Where and how the service listens, and what it grants a client. */
export interface ServerConfig {
  host: string;
  port: number;
  /** Without a slash at the end. */
  publicUrl: string | undefined;
  tls: { certFile: string; keyFile: string } | undefined;
  cors: { allowedOrigins: string[] };
  shutdownGraceMs: number;
  readMaxBytes: number;
  writeMaxBytes: number;
  maxHeaderBytes: number;
  headersTimeoutMs: number;
  requestTimeoutMs: number;
  keepAliveTimeoutMs: number;
  maxConnections: number;
  maxConcurrentStreams: number;
  maxStreamsPerClient: number;
  /** Processes that serve the port; more than one only on PostgreSQL. */
  workers: number;
  /** Whether gRPC calls with a single request message pass Connect's adapter by. */
  fastPath: boolean;
}

/** Who runs tasks, and how. */
export interface ExecutorConfig {
  kind: 'process' | 'remote' | 'none';
  systemRetries: number;
  process: {
    python: string | undefined;
    workDir: string;
    maxProcesses: number;
    killGraceMs: number;
    /** On PostgreSQL: after so long without a sign of life an executor's tasks are taken over. */
    leaseMs: number;
    allowRemote: boolean;
    embedded: boolean;
    /** `host:port`; undefined: the port of the service. */
    endpoint: string | undefined;
    statusPort: number | undefined;
    name: string;
  };
  /** The ActionsService that runs tasks; set if, and only if, `kind` is remote. */
  remote: PeerConfig | undefined;
  /** The InternalRunService that is told of the runs that another service handed to this one. */
  reportTo: PeerConfig | undefined;
}

/** Another service that this one calls. */
export interface PeerConfig {
  /** Without a slash at the end. */
  url: string;
  protocol: 'connect' | 'grpc';
  caFile: string | undefined;
  deadlineMs: number;
  warnAfterMs: number;
}

/** Who fires triggers, and what is made up for after a time in which nobody could. */
export interface SchedulerConfig {
  enabled: boolean;
  pollMs: number;
  catchUp: { maxRuns: number; maxAgeMs: number };
}

/** The whole configuration, checked, with every default filled in. */
export interface Config {
  runs: {
    server: ServerConfig;
    watchBufferSize: number;
    organizations: 'shared' | 'separate';
    defaultOrganization: string;
    projects: { autoCreate: boolean };
    domains: string[];
    list: { maxScan: number };
    write: { maxQueued: number; maxBatch: number };
  };
  database: DatabaseConfig;
  storage: StorageConfig;
  secrets: SecretsConfig;
  executor: ExecutorConfig;
  scheduler: SchedulerConfig;
  logger: { level: Level; showSource: boolean; format: 'auto' | 'pretty' | 'json' };
}

/**
 * The configuration that the service works with: one database chosen, defaults that depend on it, secrets
 * read from their files. Throws a StartupError; `source` is what its message calls the configuration.
 */
export function toConfig(parsed: ParsedConfig, source: string): Config {
  const database = toDatabase(parsed.database, source);
  const { server, ...runs } = parsed.runs;
  if (database.kind === 'sqlite' && server.workers > 1) {
    throw new StartupError(
      `${source}: runs.server.workers is ${server.workers}, but SQLite takes the writes of one process at a time; set it to 1, or use PostgreSQL`,
    );
  }
  const executor = toExecutor(parsed.executor, database.kind, source);
  const exposed = executor.kind === 'process' && !executor.process.allowRemote;
  return {
    runs: {
      ...runs,
      server: toServer({ ...server, host: server.host ?? (exposed ? '127.0.0.1' : '0.0.0.0') }, source),
      projects: { autoCreate: runs.projects.autoCreate ?? database.kind === 'sqlite' },
    },
    database,
    storage: toStorage(parsed.storage, source),
    secrets: toSecrets(parsed.secrets, source),
    executor,
    scheduler: {
      enabled: parsed.scheduler.enabled ?? true,
      pollMs: parsed.scheduler.pollInterval,
      catchUp: { maxRuns: parsed.scheduler.catchUp.maxRuns, maxAgeMs: parsed.scheduler.catchUp.maxAge },
    },
    logger: {
      level: parsed.logger.level,
      showSource: parsed.logger['show-source'] ?? false,
      format: parsed.logger.format,
    },
  };
}

function toServer(server: ParsedConfig['runs']['server'] & { host: string }, source: string): ServerConfig {
  const { tls, shutdownGrace, headersTimeout, requestTimeout, keepAliveTimeout, publicUrl, ...rest } = server;
  const { certFile, keyFile } = tls;
  if (Boolean(certFile) !== Boolean(keyFile)) {
    const missing = certFile ? 'keyFile' : 'certFile';
    throw new StartupError(
      `${source}: runs.server.tls needs both certFile and keyFile; ${missing} is missing`,
    );
  }
  return {
    ...rest,
    fastPath: rest.fastPath ?? true,
    publicUrl: publicUrl?.replace(/\/+$/, ''),
    tls: certFile && keyFile ? { certFile, keyFile } : undefined,
    shutdownGraceMs: shutdownGrace,
    headersTimeoutMs: headersTimeout,
    requestTimeoutMs: requestTimeout,
    keepAliveTimeoutMs: keepAliveTimeout,
  };
}

const PROCESSES_PER_CORE = 4;

function toExecutor(
  executor: ParsedConfig['executor'],
  database: DatabaseConfig['kind'],
  source: string,
): ExecutorConfig {
  const { killGrace, lease, ...rest } = executor.process;
  const kind = executor.kind ?? (database === 'sqlite' ? 'process' : 'none');
  const remote = toPeer(executor.remote);
  if (kind === 'remote' && remote === undefined) {
    throw new StartupError(`${source}: executor.kind is remote, so executor.remote.url must be set`);
  }
  return {
    kind,
    remote: kind === 'remote' ? remote : undefined,
    reportTo: toPeer(executor.reportTo),
    systemRetries: executor.systemRetries,
    process: {
      ...rest,
      python: rest.python,
      maxProcesses: rest.maxProcesses ?? PROCESSES_PER_CORE * availableParallelism(),
      killGraceMs: killGrace,
      leaseMs: lease,
      allowRemote: rest.allowRemote ?? false,
      embedded: rest.embedded ?? true,
      endpoint: rest.endpoint,
      statusPort: rest.statusPort,
      name: rest.name ?? hostname(),
    },
  };
}

function toPeer({
  url,
  deadline,
  warnAfter,
  ...rest
}: ParsedConfig['executor']['remote']): PeerConfig | undefined {
  if (!url) return undefined;
  const { protocol, caFile } = rest;
  return {
    url: url.replace(/\/+$/, ''),
    protocol,
    caFile,
    deadlineMs: deadline,
    warnAfterMs: warnAfter,
  };
}

function toDatabase(database: ParsedConfig['database'], source: string): DatabaseConfig {
  const { sqlite, postgres } = database;
  const limits: DatabaseLimits = {
    connectTimeoutMs: database.connectTimeout,
    statementTimeoutMs: database.statementTimeout,
    lockTimeoutMs: database.lockTimeout,
  };
  if (sqlite?.file && postgres) {
    throw new StartupError(
      `${source}: database.sqlite.file and database.postgres are both set; keep one (an empty environment variable, DATABASE_SQLITE_FILE= or DATABASE_POSTGRES=, takes the other away)`,
    );
  }
  if (sqlite?.file) return { kind: 'sqlite', file: sqlite.file, ...limits };
  if (!postgres) {
    throw new StartupError(`${source}: no database is chosen; set database.sqlite.file or database.postgres`);
  }
  const { password, passwordFile, ...login } = postgres;
  return {
    kind: 'postgres',
    ...login,
    password: passwordFile
      ? readSecret(passwordFile, 'database.postgres.passwordFile', source)
      : (password ?? ''),
    maxOpenConnections: database.maxOpenConnections,
    maxIdleConnections: Math.min(database.maxIdleConnections, database.maxOpenConnections),
    connMaxLifeTimeMs: database.connMaxLifeTime,
    ...limits,
  };
}
