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
  /** Goes past all that this look could see. Until then the next look sees it again. */
  accept(): void;
}

/** Which changes a look is to bring: those of the runs' own rows, of the actions of some runs, of some actions; or all, or none. */
export type WantedChanges =
  | 'everything'
  | 'nothing'
  | { readonly runs: boolean; readonly actionsOf: readonly number[]; readonly actions: readonly number[] };

/** One row of the change log: this action (or, without one, the run's own row) changed in that batch. */
export interface LoggedChange {
  readonly runId: number;
  readonly actionId: number | null;
  readonly batch: number;
}

/** Follows the change log from the moment it was made. */
export interface ChangeCursor {
  /** What of the wanted became visible since the last look that was accepted, without the batches that are known already. */
  next(limit: number, wanted: WantedChanges, known: readonly number[]): Promise<ChangeBatch>;
  /** Seconds that the oldest open transaction has held the log's horizon, 0 where there is no such thing. */
  lagSeconds(): number;
}

/** What a process hears from others. */
export interface HintHooks {
  /** Another process wrote. It may never come. */
  onHint(): void;
  /** Another process waits for hints from now on. */
  onAsked(): void;
  /** From now on the others are heard; they were not for a while. */
  onConnected(): void;
}

/** Hears from other processes. */
export interface HintListener {
  /** Whether others are to send hints to this process; none are asked to at first. */
  ask(wanted: boolean): void;
  close(): Promise<void>;
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
  /** Hears from other processes until closed. Undefined where there is no such thing. */
  listen?(hooks: HintHooks): Promise<HintListener>;
  /** Tells other processes that this one wrote. */
  notify?(): Promise<void>;
  /** Whether any other process has asked for hints. */
  isAwaited?(): Promise<boolean>;
  /** Whether the transaction was undone for reasons of concurrency and will pass when it is tried again. */
  isRetryable(error: unknown): boolean;
  /** Whether a unique constraint refused the row. */
  isUniqueViolation(error: unknown): boolean;
  /** Whether the database refused a value that was sent, as opposed to being away, busy or full. */
  isContentError(error: unknown): boolean;
  close(): Promise<void>;
}
