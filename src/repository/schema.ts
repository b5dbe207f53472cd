import type { Instant } from '../runs/instant.ts';
import { type Column, type ColumnKind, tables } from './tables.ts';

type Tables = typeof tables;

/** The name of a table. */
export type TableName = keyof Tables;

type Value<C> = C extends `${infer K}?` ? Present<K> | null : Present<C>;
type Present<K> = K extends 'int'
  ? number
  : K extends 'time'
    ? Instant
    : K extends 'bytes'
      ? Uint8Array
      : string;

/** A row of a table as both databases read and write it. */
export type Row<T extends TableName> = { -readonly [C in keyof Tables[T]]: Value<Tables[T][C]> };

/**
 * The database as Kysely sees it. `changes` has two more columns that the database fills itself (`id`, and `xid` on PostgreSQL),
 * which only the dialects read.
 */
export type Database = { [T in TableName]: Row<T> };

/** What a column of a table holds, without the mark of nullability. */
export function columnKind(table: TableName, column: string): ColumnKind {
  const kinds: Record<string, Column> = tables[table];
  const kind = kinds[column];
  if (kind === undefined) throw new Error(`table ${table} has no column ${column}`);
  return kind.replace('?', '') as ColumnKind;
}

/** The names of a table's columns, in order. */
export function columnNames(table: TableName): string[] {
  return Object.keys(tables[table]);
}
