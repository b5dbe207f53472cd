import { setTimeout as sleep } from 'node:timers/promises';
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
import { runSqliteStep } from './sqlite-steps.ts';
import { type Step, StepsQuery } from './steps.ts';

const MAX_STATEMENTS = 500;
const MAX_PAUSE_MS = 20;

/** Timings of statements, for metrics. */
export type OnQuery = (seconds: number) => void;

/**
 * Kysely on one better-sqlite3 handle. It differs from Kysely's own dialect in four ways: writing transactions begin IMMEDIATE (a plain BEGIN
 * that reads and then writes fails at once when another process wrote in between), statements stay prepared, DDL counts as
 * transactional, so that a migration that fails leaves nothing behind, and for another process's lock it waits up to `busyTimeoutMs`
 * without holding up this process, as SQLite's own waiting would (the handle's own time-out must be 0 then).
 */
export function sqliteKyselyDialect(handle: Database.Database, onQuery: OnQuery, busyTimeoutMs = 0): Dialect {
  return {
    createDriver: () => new HandleDriver(handle, new HandleConnection(handle, onQuery, busyTimeoutMs)),
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

  constructor(handle: Database.Database, connection: HandleConnection) {
    this.#handle = handle;
    this.#connection = connection;
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
  readonly #busyTimeoutMs: number;
  readonly #statements = new LRUCache<string, Database.Statement>({ max: MAX_STATEMENTS });

  constructor(handle: Database.Database, onQuery: OnQuery, busyTimeoutMs: number) {
    this.#handle = handle;
    this.#onQuery = onQuery;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const deadline = performance.now() + this.#busyTimeoutMs;
    for (let pause = 1; ; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
      try {
        return this.#execute(query);
      } catch (error) {
        // Locks are taken when a transaction begins: inside one there is nothing to wait for.
        const waits = isBusy(error) && !this.#handle.inTransaction && performance.now() + pause < deadline;
        if (!waits) throw error;
      }
      await sleep(pause * (0.5 + Math.random() / 2));
    }
  }

  #execute<R>(query: CompiledQuery): QueryResult<R> {
    if (query instanceof StepsQuery) return { rows: query.steps.map((step) => this.#runStep(step)) as R[] };
    const begin = performance.now();
    const statement = this.#prepare(query.sql);
    try {
      if (statement.reader) return { rows: statement.all(query.parameters) as R[] };
      const { changes } = statement.run(query.parameters);
      return { rows: [], numAffectedRows: BigInt(changes) };
    } finally {
      this.#onQuery((performance.now() - begin) / 1000);
    }
  }

  #runStep(step: Step): unknown[] {
    const begin = performance.now();
    try {
      return runSqliteStep(this.#prepare(step.text), step);
    } finally {
      this.#onQuery((performance.now() - begin) / 1000);
    }
  }

  #prepare(text: string): Database.Statement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#handle.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  /** A stream would hold the only connection between its rows; reading in pages replaces it. */
  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('SQLite has one connection: read in pages');
  }
}

/** Another process holds the lock, so that waiting may help. */
export function isBusy(error: unknown): boolean {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && code.startsWith('SQLITE_BUSY');
}
