import { Kysely, sql } from 'kysely';
import pg from 'pg';
import type { Database } from '../schema.ts';
import type { Dialect } from './dialect.ts';
import { openPostgresCursor } from './postgres-changes.ts';
import { namingClient } from './postgres-client.ts';
import { postgresKyselyDialect } from './postgres-driver.ts';
import { PostgresHints } from './postgres-hints.ts';
import { parseExtraOptions } from './postgres-options.ts';
import { PostgresStatistics } from './postgres-statistics.ts';
import { POSTGRES_TYPES, postgresTexts } from './postgres-steps.ts';
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

/** serialization_failure, deadlock_detected; lock_not_available has waited for the lock as long as it may. */
const RETRYABLE = new Set(['40001', '40P01']);
/** Each value of the sequence `ids` stands for as many ids, itself the first. */
const ID_BLOCK = 1000;

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
    // Whoever sends several statements at once awaits them all; all others wait for each answer as ever.
    pipeline: true,
    Client: namingClient(onQuery),
    max: options.maxOpenConnections,
    // Up to this many stay open while they are idle.
    min: Math.min(options.maxIdleConnections, options.maxOpenConnections),
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: Math.max(1, Math.round(options.connMaxLifeTimeMs / 1000)),
  });
  // Without a listener a connection that breaks while idle would end the process.
  pool.on('error', options.onConnectionError ?? (() => {}));
  const statistics = new PostgresStatistics(pool);
  const db = new Kysely<Database>({
    dialect: postgresKyselyDialect(pool, (rows) => statistics.wrote(rows)),
  });
  const hints = new PostgresHints(client, pool);
  const free: { next: number; end: number }[] = [];

  return {
    kind: 'postgres',
    writer: db,
    reader: db,
    writersInFlight: 2,
    rows(columns, rows) {
      const arrays = sql.join(
        columns.map(
          (c, i) => sql`${rows.map((row) => parameter(row[i]))}::${sql.raw(POSTGRES_TYPES[c.kind])}[]`,
        ),
        sql`, `,
      );
      const names = sql.join(
        columns.map((c) => sql.id(c.name)),
        sql`, `,
      );
      return sql`unnest(${arrays}) as u(${names})`;
    },
    texts: postgresTexts,
    lockClause: sql` for no key update`,
    async allocateIds(transaction, count, { newest = false } = {}) {
      // On the transaction's own connection: one more could be one that nobody gives back. Sequences stand outside transactions, so
      // a block that was fetched serves later batches as well, whatever becomes of this one.
      const blocks = newest ? [] : free;
      const available = () => blocks.reduce((sum, block) => sum + block.end - block.next, 0);
      // Another transaction may take from the same blocks while this one fetches.
      while (available() < count) {
        const wanted = Math.ceil(count / ID_BLOCK);
        const { rows } = await sql<{ id: number }>`
          select nextval('ids') as id from generate_series(1, ${wanted}::int)`.execute(transaction);
        for (const { id } of rows) blocks.push({ next: id, end: id + ID_BLOCK });
      }
      const ids: number[] = [];
      while (ids.length < count) {
        const block = blocks[0];
        if (block === undefined) throw new Error('the sequence of ids gave none');
        while (block.next < block.end && ids.length < count) ids.push(block.next++);
        if (block.next === block.end) blocks.shift();
      }
      return ids;
    },
    openChangeCursor: () => openPostgresCursor(pool),
    listen: (hooks) => hints.listen(hooks),
    notify: () => hints.notify(),
    isAwaited: () => hints.isAwaited(),
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
