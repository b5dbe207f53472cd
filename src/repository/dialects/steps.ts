import { type CompiledQuery, type QueryResult, RawNode } from 'kysely';
import type { Db, ListColumn } from './dialect.ts';

/**
 * A statement with the rows that it is for; at least one. Its text never depends on how many there are, so that it stays prepared:
 * PostgreSQL gets them as arrays, one a column, and SQLite, where a statement costs next to nothing, one after the other.
 */
export interface Step {
  readonly text: string;
  /** In the order of the text's parameters. */
  readonly columns: readonly ListColumn[];
  /** By the names of the columns; what is missing is null. */
  readonly rows: readonly object[];
  /** The text selects from `texts.list`: on SQLite too it runs once, for all rows. */
  readonly listed?: boolean;
}

/** How steps go with their transaction. */
export interface StepOptions {
  /** They only read and lock: they may travel together with the transaction's beginning. */
  readonly reading?: boolean;
  /** Nothing follows: they travel together with the transaction's commit. */
  readonly last?: boolean;
}

/** What the texts of steps are made of, where the databases differ. */
export interface StepTexts {
  /** The rows as a table to select from, `u(name, …)`. */
  list(columns: readonly ListColumn[]): string;
  /** Inserts the columns of each row; a conflict clause or a RETURNING may follow. */
  insert(table: string, columns: readonly ListColumn[]): string;
  /** Sets columns of the rows that have the keys. Its parameters are the columns, then the keys. */
  update(table: string, columns: readonly ListColumn[], keys: readonly ListColumn[]): string;
  /** The value is one of those, by an index. */
  isOneOf(value: string, list: readonly string[]): string;
  /** Locks what was selected of a table against other writers until the transaction ends; empty where there is only one writer. */
  lock(table: string): string;
}

/** Steps on their way through Kysely to the connection of their transaction, which knows what to do with them. */
export class StepsQuery implements CompiledQuery {
  readonly query = RawNode.createWithSql('');
  readonly queryId = { queryId: '' };
  readonly sql = '';
  readonly parameters: readonly unknown[] = [];
  readonly steps: readonly Step[];
  readonly options: StepOptions;

  constructor(steps: readonly Step[], options: StepOptions) {
    this.steps = steps;
    this.options = options;
  }
}

/**
 * Runs steps one after the other in one go; answers the rows of each that returns some. If one fails, none after it has any effect, and
 * the transaction must be undone.
 */
export async function runSteps(
  db: Db,
  steps: readonly Step[],
  options: StepOptions = {},
): Promise<unknown[][]> {
  const result: QueryResult<unknown> = await db.executeQuery(new StepsQuery(steps, options));
  return result.rows as unknown[][];
}

/** A name as both databases quote it. */
export function quoteName(name: string): string {
  return `"${name}"`;
}

/** Names in a row, each after a prefix. */
export function nameList(columns: readonly ListColumn[], prefix = ''): string {
  return columns.map(({ name }) => prefix + quoteName(name)).join(', ');
}
