import {
  AbortedTransactionError,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import type pg from 'pg';
import { postgresValues } from './postgres-steps.ts';
import { type StepOptions, type Step, StepsQuery } from './steps.ts';

/**
 * What a writing transaction begins with. Its statements find few rows by keys that they bring, whose number is unknown when a plan is made:
 * PostgreSQL would read whole tables instead while it has no statistics of them, as of all that a new service fills, and keep
 * that plan. A plan that counts on the values themselves is never worth making again each time.
 */
const BEGIN_WRITING = [
  'begin',
  'set local enable_seqscan = off',
  'set local enable_hashjoin = off',
  'set local enable_mergejoin = off',
  'set local plan_cache_mode = force_generic_plan',
].join('; ');

/**
 * Kysely on a pool of pg, whose clients must be in pipeline mode. It differs from Kysely's own dialect in two ways: steps (`runSteps`) go to the
 * server in one round trip, and so do the beginning and the commit of their transaction where they may. `onRows` is told how many rows
 * each writing transaction brought.
 */
export function postgresKyselyDialect(pool: pg.Pool, onRows: (rows: number) => void): Dialect {
  return {
    createDriver: () => new PoolDriver(pool, onRows),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  };
}

class PoolDriver implements Driver {
  readonly #pool: pg.Pool;
  readonly #onRows: (rows: number) => void;

  constructor(pool: pg.Pool, onRows: (rows: number) => void) {
    this.#pool = pool;
    this.#onRows = onRows;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PoolConnection> {
    return new PoolConnection(await this.#pool.connect(), this.#onRows);
  }

  async beginTransaction(connection: PoolConnection, settings: TransactionSettings): Promise<void> {
    const { isolationLevel, accessMode } = settings;
    const isolation = isolationLevel ? ` isolation level ${isolationLevel}` : '';
    connection.begin(
      isolation || accessMode ? `start transaction${isolation} ${accessMode ?? ''}` : BEGIN_WRITING,
    );
  }

  commitTransaction(connection: PoolConnection): Promise<void> {
    return connection.commit();
  }

  rollbackTransaction(connection: PoolConnection): Promise<void> {
    return connection.rollback();
  }

  async releaseConnection(connection: PoolConnection): Promise<void> {
    connection.release();
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

/** A client while somebody has it. */
class PoolConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient;
  readonly #onRows: (rows: number) => void;
  /** The beginning of the transaction, while it has not been sent. */
  #begin: string | undefined;
  #committed = false;
  #broken = false;

  constructor(client: pg.PoolClient, onRows: (rows: number) => void) {
    this.#client = client;
    this.#onRows = onRows;
  }

  /** The transaction begins with its first statement. */
  begin(text: string): void {
    this.#begin = text;
    this.#committed = false;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (query instanceof StepsQuery) {
      return { rows: (await this.#runSteps(query.steps, query.options)) as R[] };
    }
    // A statement that writes must not be on its way before it is certain that the transaction has begun.
    if (this.#begin !== undefined) await this.#client.query(this.#takeBegin(), []);
    const { command, rowCount, rows } = await this.#client.query<R & pg.QueryResultRow>(query.sql, [
      ...query.parameters,
    ]);
    const writes =
      command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE';
    return { rows: rows ?? [], ...(writes ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) };
  }

  async #runSteps(steps: readonly Step[], { reading, last }: StepOptions): Promise<unknown[][]> {
    const begin = this.#begin;
    if (begin !== undefined && !reading) await this.#client.query(this.#takeBegin(), []);
    const texts = steps.map((step) => ({ text: step.text, values: postgresValues(step) }));
    const commits = last === true && this.#begin === undefined;
    // Everything goes out as one piece: the stream gathers what is written until the end of this turn.
    const { stream } = (this.#client as unknown as WithStream).connection;
    stream.cork();
    const sent: Promise<pg.QueryResult>[] = [];
    try {
      if (this.#begin !== undefined) sent.push(this.#client.query(this.#takeBegin(), []));
      for (const { text, values } of texts) sent.push(this.#client.query(text, values));
      if (commits) sent.push(this.#client.query('commit', []));
    } finally {
      stream.uncork();
    }
    // The server skips what follows a failure, and answers it nevertheless: the first one is the reason.
    const answers = await Promise.allSettled(sent);
    const failure = answers.find((answer) => answer.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
    const results = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    if (!reading) this.#onRows(steps.reduce((sum, { rows }) => sum + rows.length, 0));
    if (commits) {
      assertCommitted(results.at(-1));
      this.#committed = true;
    }
    const first = begin !== undefined && reading ? 1 : 0;
    return results.slice(first, first + steps.length).map(({ rows }) => rows);
  }

  #takeBegin(): string {
    const begin = this.#begin ?? '';
    this.#begin = undefined;
    return begin;
  }

  async commit(): Promise<void> {
    // Nothing was asked within the transaction, or its last steps took the commit along.
    if (this.#begin !== undefined || this.#committed) {
      this.#begin = undefined;
      return;
    }
    assertCommitted(await this.#client.query('commit', []));
  }

  async rollback(): Promise<void> {
    if (this.#begin !== undefined) {
      this.#begin = undefined;
      return;
    }
    try {
      await this.#client.query('rollback', []);
    } catch (error) {
      this.#broken = true;
      throw error;
    }
  }

  release(): void {
    this.#client.release(this.#broken);
  }

  /** Cursors would hold a connection between their rows; reading in pages replaces them. */
  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are read in pages');
  }
}

interface WithStream {
  readonly connection: { readonly stream: { cork(): void; uncork(): void } };
}

/** A commit that the server turned into its opposite, because a statement before it had failed. */
function assertCommitted(result: pg.QueryResult | undefined): void {
  if (result?.command !== 'COMMIT') throw new AbortedTransactionError();
}
