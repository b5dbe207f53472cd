import type * as z from 'zod';
import { group } from './group.ts';
import {
  choice,
  duration,
  flag,
  list,
  optionalChoice,
  optionalText,
  optionalWhole,
  size,
  text,
  whole,
} from './leaves.ts';
import { level } from './levels.ts';
import { secrets, storage } from './storage-schema.ts';

const name = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const nameHint = 'must be 1 to 63 lower-case letters, digits and inner hyphens';

const isOrigin = (value: string) => value === '*' || URL.parse(value)?.origin === value;
const isBaseUrl = (value: string) => {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !url.username;
};

const server = group({
  host: optionalText('Address to listen on; 127.0.0.1 keeps other machines out.', {
    shown: '127.0.0.1 if requests can run commands here, else 0.0.0.0',
  }),
  port: whole('Port to listen on, for every protocol; 0 takes a free one.', 8090, 0, 65_535),
  publicUrl: optionalText(
    'Base URL under which clients reach this service; signed URLs begin with it. Without it they begin with the host that the request was sent to.',
    { type: 'URL', hint: 'must be an http or https URL', test: isBaseUrl },
  ),
  tls: group({
    certFile: optionalText('Certificate chain (PEM). With keyFile the port speaks TLS only.', {
      type: 'file',
    }),
    keyFile: optionalText('Private key of the certificate (PEM).', { type: 'file' }),
  }).prefault({}),
  cors: group({
    allowedOrigins: list('Origins whose pages may call the service from a browser, or * for all.', [], {
      hint: 'of origins such as https://console.example.com',
      test: isOrigin,
    }),
  }).prefault({}),
  shutdownGrace: duration('How long calls in flight may go on after SIGTERM before they are cut.', '30s'),
  readMaxBytes: size('The largest request message, after decompression.', '16MiB', 1024, 2 ** 31),
  writeMaxBytes: size('The largest response message, before compression.', '64MiB', 1024, 2 ** 31),
  maxHeaderBytes: size('The largest request header.', '32KiB', 4096, 2 ** 20),
  headersTimeout: duration(
    'How long a client may take to send the header of a request, or to open TLS.',
    '10s',
  ),
  requestTimeout: duration(
    'How long a client may take to send a request; streams of requests excepted.',
    '5m',
  ),
  keepAliveTimeout: duration(
    'How long an idle connection stays open; longer than the idle time of client pools.',
    '95s',
  ),
  maxConnections: whole('Open connections; further ones are closed at once.', 10_000, 1),
  maxConcurrentStreams: whole('Calls in flight per HTTP/2 connection.', 1000, 1, 2 ** 31 - 1),
  maxStreamsPerClient: whole(
    'Open streaming calls per client address; further ones get RESOURCE_EXHAUSTED.',
    4096,
    1,
  ),
  workers: whole(
    'Processes that serve the port together, on PostgreSQL. They share database.maxOpenConnections; other limits hold for each.',
    1,
    1,
    64,
  ),
  fastPath: flag(
    'Whether gRPC calls over HTTP/2 are answered on a shorter path, at about half the cost.',
    'true',
  ),
});

const runs = group({
  server: server.prefault({}),
  watchBufferSize: whole(
    'How many updates one stream may hold unsent before they are merged into fewer, newer ones.',
    100,
    1,
    100_000,
  ),
  organizations: choice(
    'shared: the organization is stored and shown but never tells two runs apart. separate: it is part of every name, and requests must give one.',
    ['shared', 'separate'],
    'shared',
  ),
  defaultOrganization: text('The organization of requests that name none (shared only).', 'default', {
    hint: nameHint,
    test: (value) => name.test(value),
  }),
  projects: group({
    autoCreate: flag(
      'Whether a project that a request names comes into being by itself.',
      'true on SQLite, false on PostgreSQL',
    ),
  }).prefault({}),
  domains: list('The domains of every project.', ['development', 'staging', 'production'], {
    hint: `of at least one name, each of which ${nameHint}`,
    test: (value) => name.test(value),
    min: 1,
  }),
  list: group({
    maxScan: whole(
      'Rows that one list call may look at when no index can answer its filter.',
      10_000,
      100,
      10_000_000,
    ),
  }).prefault({}),
  write: group({
    maxQueued: whole(
      'Writes that may wait for the database; further ones get RESOURCE_EXHAUSTED.',
      10_000,
      1,
      10_000_000,
    ),
    maxBatch: whole('Writes that share one transaction at most.', 500, 1, 10_000),
  }).prefault({}),
});

const database = group({
  sqlite: group({
    file: optionalText('SQLite file; it is created when it does not exist. Choosing it chooses SQLite.', {
      type: 'file',
    }),
  }).optional(),
  postgres: group({
    host: text('PostgreSQL server, or the folder of its socket. This group chooses PostgreSQL.', 'localhost'),
    port: whole('Port of the PostgreSQL server.', 5432, 1, 65_535),
    dbname: text('Database; it must exist.', 'flyte_runs'),
    username: text('User.', 'postgres'),
    password: optionalText('Password.'),
    passwordFile: optionalText('File that holds the password; it wins over password.', { type: 'file' }),
    extraOptions: text('More libpq options, separated by blanks, such as sslmode=disable.', ''),
  }).optional(),
  maxIdleConnections: whole('Connections to PostgreSQL kept open while idle.', 10, 0, 10_000),
  maxOpenConnections: whole('Connections to PostgreSQL open at once.', 20, 2, 10_000),
  connMaxLifeTime: duration('Age at which a connection to PostgreSQL is replaced.', '1h', 1000),
  connectTimeout: duration('How long the start retries while the database is out of reach.', '30s'),
  statementTimeout: duration('The longest that one statement may run.', '30s'),
  lockTimeout: duration('The longest that a statement may wait for a lock.', '10s'),
});

/** Another service that this one calls; `url` is what its address means. */
const peer = (url: string) =>
  group({
    url: optionalText(url, { type: 'URL', hint: 'must be an http or https URL', test: isBaseUrl }),
    protocol: choice('connect: HTTP/1.1, passes every proxy. grpc: HTTP/2.', ['connect', 'grpc'], 'connect'),
    caFile: optionalText("Certificates (PEM) to trust instead of the machine's, for https.", {
      type: 'file',
    }),
    deadline: duration('How long one call may take.', '10s', 100),
    warnAfter: duration(
      'From when on /readyz mentions what could not be delivered yet; the service stays ready.',
      '1m',
    ),
  }).prefault({});

const executor = group({
  kind: optionalChoice(
    'Who runs tasks. process: this machine, as processes. remote: another ActionsService. none: nobody; runs are recorded only.',
    ['process', 'remote', 'none'],
    'process on SQLite, none on PostgreSQL',
  ),
  systemRetries: whole(
    "Attempts granted for failures that are not the task's own, such as a process that was killed from outside.",
    3,
    0,
    100,
  ),
  process: group({
    python: optionalText(
      "Virtual environment, or Python program, that tasks run with. Without it one is made for each version of Flyte's SDK that a task names.",
      { type: 'folder or file' },
    ),
    workDir: text(
      'Folder for the working folders and logs of tasks, and for virtual environments.',
      './data/work',
      {
        type: 'folder',
      },
    ),
    maxProcesses: optionalWhole(
      'Processes at once; tasks that wait for tasks that they called count too.',
      '4 per core',
      1,
      10_000,
    ),
    killGrace: duration('Time between asking a process to end (SIGTERM) and killing it.', '10s', 0),
    lease: duration(
      'On PostgreSQL: how long an executor may give no sign of life before others run its tasks again. It ends them itself after three quarters of that.',
      '2m',
      10_000,
    ),
    allowRemote: flag(
      'Whether commands may run although other machines can send requests: everybody who reaches the port can then run commands here.',
      'false',
    ),
    embedded: flag(
      'Whether the service runs tasks itself; false leaves them to an executor of its own (make executor).',
      'true',
    ),
    endpoint: optionalText(
      'Where tasks reach the service, host:port. Without it: the port of this configuration on this machine.',
      { hint: 'must be host:port', test: (value) => /^[^\s/]+:\d+$/.test(value) },
    ),
    statusPort: optionalWhole(
      'Port of 127.0.0.1 on which an executor of its own (make executor) serves /metrics, /healthz and /readyz; 0 takes a free one.',
      'none',
      0,
      65_535,
    ),
    name: optionalText(
      'On PostgreSQL: the name of this executor among those of the database, the same after each restart. Without it: the name of the machine.',
      { hint: nameHint, test: (value) => name.test(value) },
    ),
  }).prefault({}),
  remote: peer(
    'With kind remote: the ActionsService that gets every enqueue, abort and signal. It reports back to InternalRunService of this service.',
  ),
  reportTo: peer(
    'The InternalRunService to which this service reports the runs that another one handed to it through ActionsService.',
  ),
});

const scheduler = group({
  enabled: flag('Whether this process fires scheduled triggers. Any number of processes may.', 'true'),
  pollInterval: duration(
    'The longest time after which triggers that another process changed are noticed.',
    '10s',
    100,
  ),
  catchUp: group({
    maxRuns: whole(
      'How many times of one trigger are made up for after a time in which no process could fire: the newest ones.',
      1,
      1,
      1000,
    ),
    maxAge: duration('Times that passed longer ago are not made up for.', '24h', 60_000),
  }).prefault({}),
});

const logger = group({
  level,
  'show-source': flag('Whether each line names the part of the service that wrote it.', 'false'),
  format: choice(
    'pretty for people, json for machines; auto is pretty in a terminal and json otherwise.',
    ['auto', 'pretty', 'json'],
    'auto',
  ),
});

/** The one description of the configuration: parsing, defaults, messages and the reference come from it. */
export const configSchema = group({
  runs: runs.prefault({}),
  database: database.prefault({}),
  storage: storage.prefault({}),
  secrets: secrets.prefault({}),
  executor: executor.prefault({}),
  scheduler: scheduler.prefault({}),
  logger: logger.prefault({}),
});

/** The configuration as it is written in YAML, with defaults, durations in milliseconds and sizes in bytes. */
export type ParsedConfig = z.infer<typeof configSchema>;
