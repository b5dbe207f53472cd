import type Database from 'better-sqlite3';
import type { ColumnKind } from '../tables.ts';
import { nameList, quoteName, type Step, type StepTexts } from './steps.ts';

const EMPTY = Buffer.alloc(0);

/** Lists travel as JSON; everything else has one row as its parameters. */
export const sqliteTexts: StepTexts = {
  list: (columns) => {
    const cells = columns.map(({ name }, i) => `j.value ->> ${i} as ${quoteName(name)}`);
    return `(select ${cells.join(', ')} from json_each(?) as j) as u`;
  },
  insert: (table, columns) =>
    `insert into ${quoteName(table)} (${nameList(columns)}) values (${columns.map(() => '?').join(', ')})`,
  update: (table, columns, keys) => {
    const set = columns.map(({ name }) => `${quoteName(name)} = ?`).join(', ');
    return `update ${quoteName(table)} set ${set} where ${keys.map(({ name }) => `${quoteName(name)} = ?`).join(' and ')}`;
  },
  isOneOf: (value, list) => `${value} in (${list.join(', ')})`,
  lock: () => '',
};

/**
 * Runs a step's statement: for each of its rows, or once for all of them, which is cheaper where rows are found and dearer where they
 * are written. Answers what it returned.
 */
export function runSqliteStep(statement: Database.Statement, { columns, rows, listed }: Step): unknown[] {
  if (listed) {
    const list = [JSON.stringify(rows.map((row) => rowValues(columns, row, [])))];
    if (statement.reader) return statement.all(list);
    statement.run(list);
    return [];
  }
  const found: unknown[] = [];
  const values: unknown[] = [];
  for (const row of rows) {
    rowValues(columns, row, values);
    if (statement.reader) found.push(...statement.all(values));
    else statement.run(values);
  }
  return found;
}

/** Writes a row's values into an array, which may serve one row after the other. */
function rowValues(columns: Step['columns'], row: object, into: unknown[]): unknown[] {
  const record = row as Record<string, unknown>;
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i];
    if (column !== undefined) into[i] = sqliteValue(column.kind, record[column.name]);
  }
  return into;
}

function sqliteValue(kind: ColumnKind, value: unknown): unknown {
  if (value === undefined || value === null) return null;
  // Half a surrogate pair, as text that was cut may end in, would become bytes that are no UTF-8; PostgreSQL's driver replaces it too.
  if (typeof value === 'string') return kind === 'text' || kind === 'json' ? value.toWellFormed() : value;
  // Bytes that are there but none must not become NULL.
  if (value instanceof Uint8Array && value.byteLength === 0) return EMPTY;
  return value;
}
