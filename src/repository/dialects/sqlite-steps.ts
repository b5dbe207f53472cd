import type Database from 'better-sqlite3';
import type { ColumnKind } from '../tables.ts';
import { nameList, quoteName, type Step, type StepTexts } from './steps.ts';

const EMPTY = Buffer.alloc(0);

/** Texts whose parameters are one row. */
export const sqliteTexts: StepTexts = {
  list: (columns) => `(select ${columns.map(({ name }) => `? as ${quoteName(name)}`).join(', ')}) as u`,
  insert: (table, columns) =>
    `insert into ${quoteName(table)} (${nameList(columns)}) values (${columns.map(() => '?').join(', ')})`,
  update: (table, columns, keys) => {
    const set = columns.map(({ name }) => `${quoteName(name)} = ?`).join(', ');
    return `update ${quoteName(table)} set ${set} where ${keys.map(({ name }) => `${quoteName(name)} = ?`).join(' and ')}`;
  },
  isOneOf: (value, list) => `${value} in (${list.join(', ')})`,
  lock: () => '',
};

/** Runs a step's statement for each of its rows; answers what it returned for all of them. */
export function runSqliteStep(statement: Database.Statement, { columns, rows }: Step): unknown[] {
  const found: unknown[] = [];
  const values: unknown[] = new Array(columns.length);
  for (const row of rows) {
    const record = row as Record<string, unknown>;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i];
      if (column !== undefined) values[i] = sqliteValue(column.kind, record[column.name]);
    }
    if (!statement.reader) statement.run(values);
    else for (const one of statement.iterate(values)) found.push(one);
  }
  return found;
}

function sqliteValue(kind: ColumnKind, value: unknown): unknown {
  if (value === undefined || value === null) return null;
  // Half a surrogate pair, as text that was cut may end in, would become bytes that are no UTF-8; PostgreSQL's driver replaces it too.
  if (typeof value === 'string') return kind === 'text' || kind === 'json' ? value.toWellFormed() : value;
  // Bytes that are there but none must not become NULL.
  if (value instanceof Uint8Array && value.byteLength === 0) return EMPTY;
  return value;
}
