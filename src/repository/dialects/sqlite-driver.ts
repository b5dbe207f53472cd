import type Database from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely';
import { LRUCache } from 'lru-cache';

const MAX_STATEMENTS = 500;

/** Timings of statements, for metrics. */
export type OnQuery = (seconds: number) => void;

/**
 * Kysely on one better-sqlite3 handle. It differs from Kysely's own dialect in three ways: writing transactions begin IMMEDIATE (a plain BEGIN
 * that reads and then writes fails at once when another process wrote in between), statements stay prepared, and DDL counts as
 * transactional, so that a migration that fails leaves nothing behind.
 */
export function sqliteKyselyDialect(handle: Database.Database, onQuery: OnQuery): Dialect {
  return {
    createDriver: () => new HandleDriver(handle, onQuery),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new TransactionalDdlAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class HandleDriver implements Driver {
  readonly #handle: Database.Database;
  readonly #connection: HandleConnection;

  constructor(handle: Database.Database, onQuery: OnQuery) {
    this.#handle = handle;
    this.#connection = new HandleConnection(handle, onQuery);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  async beginTransaction(_connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const begin = settings.accessMode === 'read only' ? 'begin' : 'begin immediate';
    await this.#connection.executeQuery(CompiledQuery.raw(begin));
  }

  async commitTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(): Promise<void> {
    // Some errors (a full disk among them) make SQLite roll back by itself; a second rollback would hide the first error.
    if (this.#handle.inTransaction) await this.#connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#handle.close();
  }
}

class HandleConnection implements DatabaseConnection {
  readonly #handle: Database.Database;
  readonly #onQuery: OnQuery;
  readonly #statements = new LRUCache<string, Database.Statement>({ max: MAX_STATEMENTS });

  constructor(handle: Database.Database, onQuery: OnQuery) {
    this.#handle = handle;
    this.#onQuery = onQuery;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const begin = performance.now();
    let statement = this.#statements.get(query.sql);
    if (statement === undefined) {
      statement = this.#handle.prepare(query.sql);
      this.#statements.set(query.sql, statement);
    }
    try {
      if (statement.reader) return { rows: statement.all(query.parameters) as R[] };
      const { changes } = statement.run(query.parameters);
      return { rows: [], numAffectedRows: BigInt(changes) };
    } finally {
      this.#onQuery((performance.now() - begin) / 1000);
    }
  }

  /** A stream would hold the only connection between its rows; reading in pages replaces it. */
  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('SQLite has one connection: read in pages');
  }
}
