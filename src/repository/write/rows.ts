import type { Db, Dialect, ListColumn } from '../dialects/dialect.ts';
import { quoteName, runSteps, type Step } from '../dialects/steps.ts';
import { columnKind, columnNames, type Row, type TableName } from '../schema.ts';

const MAX_ROWS = 1000;

/** What an insert does with rows that exist already, and which column it answers of those that it inserted. */
export interface InsertOptions<C extends string = never> {
  /** Those that exist already stay as they are. */
  readonly ignoreConflicts?: boolean;
  readonly returning?: C;
}

/** Steps that insert rows; none if there are none. */
export function insertSteps<T extends TableName>(
  dialect: Dialect,
  table: T,
  rows: readonly Row<T>[],
  options: InsertOptions<keyof Row<T> & string> = {},
): Step[] {
  if (rows.length === 0) return [];
  const { ignoreConflicts = false, returning = '' } = options;
  const { text, columns } = shape(dialect, `insert ${table} ${ignoreConflicts} ${returning}`, () => {
    const columns = listColumns(table, columnNames(table));
    const conflict = ignoreConflicts ? ' on conflict do nothing' : '';
    const answer = returning === '' ? '' : ` returning ${quoteName(returning)}`;
    return { columns, text: `${dialect.texts.insert(table, columns)}${conflict}${answer}` };
  });
  return inParts(rows).map((part) => ({ text, columns, rows: part }));
}

/** Steps that set the named columns of rows, found by their keys; none if there are none. */
export function updateSteps<T extends TableName, C extends keyof Row<T> & string>(
  dialect: Dialect,
  table: T,
  names: readonly C[],
  rows: readonly Pick<Row<T>, C>[],
  keys: readonly string[] = ['id'],
): Step[] {
  if (rows.length === 0) return [];
  const { text, columns } = shape(dialect, `update ${table} ${names} ${keys}`, () => {
    const [set, by] = [listColumns(table, names), listColumns(table, keys)];
    return { columns: [...set, ...by], text: dialect.texts.update(table, set, by) };
  });
  return inParts(rows).map((part) => ({ text, columns, rows: part }));
}

/** Inserts rows. With `returning` it answers that column of the rows that were inserted, otherwise nothing. */
export async function insertRows<T extends TableName, C extends keyof Row<T> & string = never>(
  dialect: Dialect,
  db: Db,
  table: T,
  rows: readonly Row<T>[],
  options: InsertOptions<C> = {},
): Promise<Pick<Row<T>, C>[]> {
  const steps = insertSteps(dialect, table, rows, options);
  return steps.length === 0 ? [] : ((await runSteps(db, steps)).flat() as Pick<Row<T>, C>[]);
}

/** Updates the named columns of rows by their id. */
export async function updateRows<T extends TableName>(
  dialect: Dialect,
  db: Db,
  table: T,
  columns: readonly (keyof Row<T> & string)[],
  rows: readonly Row<T>[],
): Promise<void> {
  const steps = updateSteps(dialect, table, columns, rows);
  if (steps.length > 0) await runSteps(db, steps);
}

/** What of a step does not depend on its rows. */
export type Shape = Pick<Step, 'text' | 'columns' | 'listed'>;

const shapes = { sqlite: new Map<string, Shape>(), postgres: new Map<string, Shape>() };

/** The shape of that name, made when it is first asked for; there are as many as there are places that ask. */
export function shape({ kind }: Dialect, name: string, make: () => Shape): Shape {
  let found = shapes[kind].get(name);
  if (found === undefined) {
    found = make();
    shapes[kind].set(name, found);
  }
  return found;
}

/** Columns of a table as parameters. */
export function listColumns(table: TableName, names: readonly string[]): ListColumn[] {
  return names.map((name) => ({ name, kind: columnKind(table, name) }));
}

function inParts<R extends object>(rows: readonly R[]): (readonly R[])[] {
  if (rows.length <= MAX_ROWS) return [rows];
  const parts: R[][] = [];
  for (let from = 0; from < rows.length; from += MAX_ROWS) parts.push(rows.slice(from, from + MAX_ROWS));
  return parts;
}
