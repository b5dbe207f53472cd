import { randomUUID } from 'node:crypto';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Database } from '../schema.ts';
import type { ColumnKind } from '../tables.ts';
import type { Dialect } from './dialect.ts';
import { openPostgresCursor } from './postgres-changes.ts';
import { namingClient } from './postgres-client.ts';
import { HINTS, listenForHints } from './postgres-listener.ts';
import { parseExtraOptions } from './postgres-options.ts';
import type { OnQuery } from './sqlite-driver.ts';

/** What PostgreSQL needs to know. */
export interface PostgresOptions {
  readonly host: string;
  readonly port: number;
  readonly dbname: string;
  readonly username: string;
  readonly password: string;
  readonly extraOptions: string;
  readonly maxOpenConnections: number;
  readonly maxIdleConnections: number;
  readonly connMaxLifeTimeMs: number;
  /** How long a request waits for a free connection, or for a new one to open. */
  readonly acquireTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly onQuery?: OnQuery;
  /** Told about connections that break while they are idle; the pool replaces them. */
  readonly onConnectionError?: (error: Error) => void;
}

const TYPES: Record<ColumnKind, string> = {
  int: 'int8',
  text: 'text',
  time: 'timestamptz',
  bytes: 'bytea',
  json: 'jsonb',
};
/** serialization_failure, deadlock_detected; lock_not_available has waited for the lock as long as it may. */
const RETRYABLE = new Set(['40001', '40P01']);
const ID_BLOCK = 500;

/** Makes a pool to one database. Nothing connects before the first query. */
export function openPostgres(options: PostgresOptions): Dialect {
  const onQuery = options.onQuery ?? (() => {});
  const extra = parseExtraOptions(options.extraOptions);
  const client: pg.ClientConfig = {
    application_name: 'runs-service',
    ...extra,
    host: options.host,
    port: options.port,
    database: options.dbname,
    user: options.username,
    password: options.password,
    connectionTimeoutMillis: options.acquireTimeoutMs,
    keepAlive: true,
    options: [
      '-c timezone=UTC -c datestyle=ISO -c default_transaction_isolation=read\\ committed',
      `-c statement_timeout=${options.statementTimeoutMs} -c lock_timeout=${options.lockTimeoutMs}`,
      `-c idle_in_transaction_session_timeout=${options.statementTimeoutMs}`,
      extra.options ?? '',
    ].join(' '),
  };
  const pool = new pg.Pool({
    ...client,
    Client: namingClient(onQuery),
    max: options.maxOpenConnections,
    // Up to this many stay open while they are idle.
    min: Math.min(options.maxIdleConnections, options.maxOpenConnections),
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: Math.max(1, Math.round(options.connMaxLifeTimeMs / 1000)),
  });
  // Without a listener a connection that breaks while idle would end the process.
  pool.on('error', options.onConnectionError ?? (() => {}));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const self = randomUUID();
  let ids: number[] = [];

  return {
    kind: 'postgres',
    writer: db,
    reader: db,
    writersInFlight: 2,
    rows(columns, rows) {
      const arrays = sql.join(
        columns.map((c, i) => sql`${rows.map((row) => parameter(row[i]))}::${sql.raw(TYPES[c.kind])}[]`),
        sql`, `,
      );
      const names = sql.join(
        columns.map((c) => sql.id(c.name)),
        sql`, `,
      );
      return sql`unnest(${arrays}) as u(${names})`;
    },
    lockClause: sql` for no key update`,
    async allocateIds(transaction, count) {
      // On the transaction's own connection: one more could be one that nobody gives back. Sequences stand outside transactions, so
      // a block that was fetched serves later batches as well, whatever becomes of this one.
      while (ids.length < count) {
        const wanted = Math.max(ID_BLOCK, count);
        const { rows } = await sql<{ id: number }>`
          select nextval('ids') as id from generate_series(1, ${wanted}::int)`.execute(transaction);
        ids = ids.concat(rows.map((row) => row.id));
      }
      return ids.splice(0, count);
    },
    openChangeCursor: () => openPostgresCursor(pool),
    listen: (onHint, onState) => listenForHints(client, self, onHint, onState),
    notify: async () => {
      await pool.query('select pg_notify($1, $2)', [HINTS, self]);
    },
    isRetryable: (error) => RETRYABLE.has(codeOf(error)),
    isUniqueViolation: (error) => codeOf(error) === '23505',
    // data_exception, integrity_constraint_violation, program_limit_exceeded
    isContentError: (error) => /^(22|23|54)/.test(codeOf(error)),
    close: () => db.destroy(),
  };
}

/** pg would make a JSON object of a plain Uint8Array. */
function parameter(value: unknown): unknown {
  return value instanceof Uint8Array && !Buffer.isBuffer(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : value;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}
