import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Config, parseConfig } from '../../src/config.ts';
import { DataProxyService } from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { ProjectService } from '../../src/gen/flyteidl2/project/project_service_pb.js';
import { InternalRunService } from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { TrackedRunService } from '../../src/gen/flyteidl2/workflow/tracked_run_service_pb.js';
import { createLogger } from '../../src/logger.ts';
import type { TableName } from '../../src/repository/schema.ts';
import { tables } from '../../src/repository/tables.ts';
import { type Service, startService } from '../../src/service.ts';
import { dialects } from '../support/databases.ts';

/** A line of the log. */
type LogLine = Record<string, unknown>;

/** What a suite changes in the configuration of its service. */
export interface Overrides {
  organizations?: 'shared' | 'separate';
  autoCreate?: boolean;
  server?: Partial<Config['runs']['server']>;
  storage?: Partial<Config['storage']>;
}

/** The whole service in this process, on a database and a storage folder of its own. */
export interface TestService extends Service {
  /** Lines of its log from level warn on. */
  lines: LogLine[];
  /** Ends it and removes everything that it wrote. */
  remove(): Promise<void>;
  /** How many rows each table has. */
  rowCounts(): Promise<Record<string, number>>;
}

/** What is counted of runs changes behind the calls, when it is summed up. */
const isWrittenByCalls = (table: TableName) => !table.startsWith('run_group');

/** Starts the service as `make run` does, on a free port of 127.0.0.1. */
export async function startTestService(
  dialect: 'sqlite' | 'postgres',
  { organizations = 'shared', autoCreate = true, server = {}, storage = {} }: Overrides = {},
): Promise<TestService> {
  const database = await dialects.find(({ name }) => name === dialect)?.create();
  if (!database) throw new Error(`there is no dialect ${dialect}`);
  const folder = await mkdtemp(join(tmpdir(), 'runs-storage-'));
  const config = parseConfig(
    { database: { sqlite: { file: 'unused' } }, executor: { kind: 'none' } },
    {},
    'test',
  );
  const lines: LogLine[] = [];
  const logger = createLogger(
    { level: 'warn', showSource: false, format: 'json' },
    { write: (line) => void lines.push(JSON.parse(line)) },
  );
  const service = await startService(
    {
      ...config,
      database: database.config,
      storage: { ...config.storage, folder, ...storage },
      secrets: { key: undefined, keyFile: `${folder}.key` },
      runs: {
        ...config.runs,
        organizations,
        projects: { autoCreate },
        server: { ...config.runs.server, host: '127.0.0.1', port: 0, shutdownGraceMs: 10_000, ...server },
      },
    },
    logger,
    { processMetrics: false },
  );
  return {
    ...service,
    lines,
    async remove() {
      await service.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
      await rm(`${folder}.key`, { force: true });
    },
    async rowCounts() {
      const counts = (Object.keys(tables) as TableName[]).filter(isWrittenByCalls).map(
        (table) =>
          sql<{
            name: string;
            n: number;
          }>`select ${sql.lit(table)} as name, count(*) as n from ${sql.table(table)}`,
      );
      const { rows } = await sql
        .join<{ name: string; n: number }>(counts, sql` union all `)
        .execute(service.dialect.reader);
      return Object.fromEntries(rows.map(({ name, n }) => [name, n]));
    },
  };
}

/** Clients of the services that suites call. */
export interface Clients {
  runs: Client<typeof RunService>;
  internal: Client<typeof InternalRunService>;
  tracked: Client<typeof TrackedRunService>;
  projects: Client<typeof ProjectService>;
  data: Client<typeof DataProxyService>;
  transport: Transport;
}

/** Clients over one transport. */
export function clientsOver(transport: Transport): Clients {
  return {
    runs: createClient(RunService, transport),
    internal: createClient(InternalRunService, transport),
    tracked: createClient(TrackedRunService, transport),
    projects: createClient(ProjectService, transport),
    data: createClient(DataProxyService, transport),
    transport,
  };
}

/** Ways in which clients reach the service; most suites go through two of them. */
export type TransportName =
  | 'Connect over HTTP/1.1'
  | 'Connect over h2c'
  | 'gRPC over h2c'
  | 'JSON over HTTP/1.1';

/** What a suite works with; its members are there once a test runs. */
export interface Suite extends Clients {
  service: TestService;
  dialect: 'sqlite' | 'postgres';
  /** The transport. */
  name: TransportName;
}

/**
 * Runs a suite on both databases, over both transports (or over those that are named), against one service per database.
 * Suites share its database with each other: each test names things of its own.
 */
export function suites(
  title: string,
  options: Overrides & { over?: TransportName[] },
  define: (suite: Suite) => void,
): void {
  const { over = ['Connect over HTTP/1.1', 'gRPC over h2c'], ...overrides } = options;
  describe.each(dialects)(`${title}, $name`, ({ name }) => {
    let service: TestService;
    beforeAll(async () => {
      service = await startTestService(name, overrides);
    });
    afterAll(async () => {
      await service?.remove();
    });
    describe.each(over)('%s', (transport) => {
      const suite = { dialect: name, name: transport } as Suite;
      let close = () => {};
      beforeAll(() => {
        const opened = openTransport(transport, service.url);
        close = opened.close;
        Object.assign(suite, { service, ...clientsOver(opened.transport) });
      });
      afterAll(() => close());
      define(suite);
    });
  });
}

/** A transport with its own connections. */
export function openTransport(
  name: TransportName,
  baseUrl: string,
): { transport: Transport; close: () => void } {
  if (name.endsWith('h2c')) {
    const sessionManager = new Http2SessionManager(baseUrl);
    const transport = name.startsWith('gRPC')
      ? createGrpcTransport({ baseUrl, sessionManager })
      : createConnectTransport({ baseUrl, httpVersion: '2', sessionManager });
    return { transport, close: () => sessionManager.abort() };
  }
  const useBinaryFormat = name !== 'JSON over HTTP/1.1';
  return {
    transport: createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat }),
    close: () => {},
  };
}

/** The error of a call that must fail with this code; its sentence must match. */
export async function expectError(
  call: Promise<unknown>,
  code: Code,
  sentence: RegExp = /./,
): Promise<ConnectError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => ConnectError.from(reason),
  );
  expect(error === undefined ? 'no error' : Code[error.code], error?.rawMessage).toBe(Code[code]);
  expect(error?.rawMessage).toMatch(sentence);
  return error as ConnectError;
}
