import { sql } from 'kysely';
import type { Db, Dialect } from '../dialects/dialect.ts';
import { columnKind, columnNames, type Row, type TableName } from '../schema.ts';

const MAX_ROWS = 1000;

/**
 * Inserts rows in statements whose text does not depend on their number; with `ignoreConflicts` those that exist already stay.
 * With `returning` it answers that column of the rows that were inserted, otherwise nothing.
 */
export async function insertRows<T extends TableName, C extends keyof Row<T> & string = never>(
  dialect: Dialect,
  db: Db,
  table: T,
  rows: readonly Row<T>[],
  options: { ignoreConflicts?: boolean; returning?: C } = {},
): Promise<Pick<Row<T>, C>[]> {
  const names = columnNames(table);
  const columns = names.map((name) => ({ name, kind: columnKind(table, name) }));
  const list = sql.join(names.map((name) => sql.id(name)));
  // SQLite reads "… from x on conflict" as a join condition unless a WHERE stands in between.
  const conflict = options.ignoreConflicts ? sql` where true on conflict do nothing` : sql``;
  const returning = options.returning === undefined ? sql`` : sql` returning ${sql.id(options.returning)}`;
  const returned: Pick<Row<T>, C>[] = [];
  for (let from = 0; from < rows.length; from += MAX_ROWS) {
    const values = rows.slice(from, from + MAX_ROWS).map((row) => valuesOf(row, names));
    const inserted = await sql<
      Pick<Row<T>, C>
    >`insert into ${sql.table(table)} (${list}) select ${list} from ${dialect.rows(columns, values)}${conflict}${returning}`.execute(
      db,
    );
    returned.push(...inserted.rows);
  }
  return returned;
}

/** Updates the named columns of rows by their id. */
export async function updateRows<T extends TableName>(
  dialect: Dialect,
  db: Db,
  table: T,
  columns: readonly (keyof Row<T> & string)[],
  rows: readonly Row<T>[],
): Promise<void> {
  const names = ['id', ...columns];
  const kinds = names.map((name) => ({ name, kind: columnKind(table, name) }));
  const set = sql.join(columns.map((name) => sql`${sql.id(name)} = ${sql.id('u', name)}`));
  for (let from = 0; from < rows.length; from += MAX_ROWS) {
    const values = rows.slice(from, from + MAX_ROWS).map((row) => valuesOf(row, names));
    await sql`update ${sql.table(table)} set ${set} from ${dialect.rows(kinds, values)} where ${sql.id(table, 'id')} = ${sql.id('u', 'id')}`.execute(
      db,
    );
  }
}

function valuesOf(row: object, names: readonly string[]): unknown[] {
  const record = row as Record<string, unknown>;
  return names.map((name) => record[name]);
}
