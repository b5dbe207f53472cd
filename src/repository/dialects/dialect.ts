import type { Kysely, RawBuilder, Transaction } from 'kysely';
import type { Database } from '../schema.ts';
import type { ColumnKind } from '../tables.ts';
import type { StepTexts } from './steps.ts';

/** A column of a list of rows that travels to the database as one parameter. */
export interface ListColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** A connection to the database, inside a transaction or not. */
export type Db = Kysely<Database> | Transaction<Database>;

/** What a change-log reader found: the keys that changed since its last look. */
export interface ChangeBatch {
  readonly changes: readonly LoggedChange[];
  /** True when more was waiting than one look may bring: everything must be treated as changed. */
  readonly overflow: boolean;
}

/** One row of the change log: this action (or, without one, the run's own row) changed in that batch. */
export interface LoggedChange {
  readonly runId: number;
  readonly actionId: number | null;
  readonly batch: number;
}

/** Follows the change log from the moment it was made; each call of `next` gives what became visible since the one before. */
export interface ChangeCursor {
  next(limit: number): Promise<ChangeBatch>;
  /** Seconds that the oldest open transaction has held the log's horizon, 0 where there is no such thing. */
  lagSeconds(): number;
}

/** Everything in which the two databases differ. */
export interface Dialect {
  readonly kind: 'sqlite' | 'postgres';
  /** For transactions and single writes. */
  readonly writer: Kysely<Database>;
  /** For reads; never waits for the writer. */
  readonly reader: Kysely<Database>;
  /** How many write transactions one process may have under way; they are ordered by the rows that they lock. */
  readonly writersInFlight: number;
  /**
   * Rows as a table that a statement can select from, `u(name, …)`. The SQL text does not depend on how many rows there are, so the
   * statement stays prepared.
   */
  rows(columns: readonly ListColumn[], rows: readonly (readonly unknown[])[]): RawBuilder<unknown>;
  /** What the texts of steps (`runSteps`) are made of. */
  readonly texts: StepTexts;
  /** The clause that locks selected runs against other writers until the transaction ends; empty where there is only one writer. */
  readonly lockClause: RawBuilder<unknown>;
  /**
   * `count` new ids, ascending, never given out before. With `newest` they are greater than all that any process was given before, so that
   * they stand for the order of what a lock keeps in order.
   */
  allocateIds(db: Db, count: number, options?: { newest?: boolean }): Promise<number[]>;
  /** A reader of the change log that begins now. */
  openChangeCursor(): Promise<ChangeCursor>;
  /** Calls back when another process says that it wrote (a hint, it may never come), until closed. Undefined where there is no such thing. */
  listen?(onHint: () => void, onState: (connected: boolean) => void): Promise<{ close(): Promise<void> }>;
  /** Tells other processes that this one wrote. */
  notify?(): Promise<void>;
  /** Whether the transaction was undone for reasons of concurrency and will pass when it is tried again. */
  isRetryable(error: unknown): boolean;
  /** Whether a unique constraint refused the row. */
  isUniqueViolation(error: unknown): boolean;
  /** Whether the database refused a value that was sent, as opposed to being away, busy or full. */
  isContentError(error: unknown): boolean;
  close(): Promise<void>;
}
