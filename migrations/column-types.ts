import type { ColumnDataType } from 'kysely';

/** The data types in which the two databases differ; a migration gets those of its database. */
export interface ColumnTypes {
  readonly id: ColumnDataType;
  readonly int: ColumnDataType;
  readonly time: ColumnDataType;
  readonly bytes: ColumnDataType;
  readonly json: ColumnDataType;
}

/** SQLite keeps times as fixed-width text, so that they sort, and JSON as text. */
export const sqliteTypes: ColumnTypes = {
  id: 'integer',
  int: 'integer',
  time: 'text',
  bytes: 'blob',
  json: 'text',
};

/** PostgreSQL keeps microseconds and the zone. */
export const postgresTypes: ColumnTypes = {
  id: 'bigint',
  int: 'bigint',
  time: 'timestamptz',
  bytes: 'bytea',
  json: 'jsonb',
};
