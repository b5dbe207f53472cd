import type { Db, Dialect } from '../dialects/dialect.ts';
import { quoteName, runSteps, type Step, type StepTexts } from '../dialects/steps.ts';
import type { Row, TableName } from '../schema.ts';
import { type InsertOptions, insertSteps, type Shape, shape, updateSteps } from './rows.ts';

/**
 * The writes of a transaction, gathered so that they go to the database together. They happen in the order in which they were
 * asked for, when they are sent, or when somebody has to know what one of them did.
 */
export class Writes {
  readonly dialect: Dialect;
  readonly db: Db;
  #steps: Step[] = [];

  constructor(dialect: Dialect, db: Db) {
    this.dialect = dialect;
    this.db = db;
  }

  insert<T extends TableName>(
    table: T,
    rows: readonly Row<T>[],
    options: Omit<InsertOptions, 'returning'> = {},
  ): void {
    this.#steps.push(...insertSteps(this.dialect, table, rows, options));
  }

  /** Sets the named columns of rows, found by their keys. */
  update<T extends TableName, C extends keyof Row<T> & string>(
    table: T,
    columns: readonly C[],
    rows: readonly Pick<Row<T>, C>[],
    keys: readonly string[] = ['id'],
  ): void {
    this.#steps.push(...updateSteps(this.dialect, table, columns, rows, keys));
  }

  /** Anything else, for rows; its text is made once under that name. */
  step(name: string, rows: readonly object[], make: (texts: StepTexts) => Shape): void {
    if (rows.length === 0) return;
    const found = shape(this.dialect, name, () => make(this.dialect.texts));
    this.#steps.push({ ...found, rows });
  }

  /** Sends all that was gathered, then inserts rows and answers a column of those that were not there yet. */
  async insertNew<T extends TableName, C extends keyof Row<T> & string>(
    table: T,
    rows: readonly Row<T>[],
    returning: C,
  ): Promise<Pick<Row<T>, C>[]> {
    const steps = insertSteps(this.dialect, table, rows, { ignoreConflicts: true, returning });
    this.#steps.push(...steps);
    const answers = await this.send();
    return answers.slice(answers.length - steps.length).flat() as Pick<Row<T>, C>[];
  }

  /** Sends all that was gathered, then sets columns of the rows that have these keys; answers how many there are. */
  async updateFound<T extends TableName, C extends keyof Row<T> & string>(
    table: T,
    columns: readonly C[],
    rows: readonly Pick<Row<T>, C>[],
    keys: readonly string[],
  ): Promise<number> {
    const steps = updateSteps(this.dialect, table, columns, rows, keys).map((step) => ({
      ...step,
      text: `${step.text} returning ${quoteName(table)}.${quoteName(keys[0] ?? 'id')}`,
    }));
    this.#steps.push(...steps);
    const answers = await this.send();
    return answers.slice(answers.length - steps.length).flat().length;
  }

  /** Sends all that was gathered; with `last` the commit goes along. */
  async send(options: { last?: boolean } = {}): Promise<unknown[][]> {
    const steps = this.#steps;
    this.#steps = [];
    return steps.length === 0 ? [] : await runSteps(this.db, steps, options);
  }

  allocateIds(count: number, options: { newest?: boolean } = {}): Promise<number[]> {
    return this.dialect.allocateIds(this.db, count, options);
  }
}
