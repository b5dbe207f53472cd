import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from './dialect.ts';

/**
 * `expression` has one of these values. The list travels as one parameter, so the SQL text is the same for lists of any length, and both
 * databases look each value up in an index of the expression.
 */
export function inList(
  dialect: Pick<Dialect, 'kind'>,
  expression: RawBuilder<unknown>,
  values: readonly (string | number)[],
  kind: 'int' | 'text' | 'time',
): RawBuilder<unknown> {
  if (dialect.kind === 'sqlite') {
    return sql`${expression} in (select value from json_each(${JSON.stringify(values)}))`;
  }
  const type = { int: 'int8', text: 'text', time: 'timestamptz' }[kind];
  return sql`${expression} = any(${[...values]}::${sql.raw(type)}[])`;
}

/**
 * A table to be read by one of its indexes. SQLite, which knows nothing of how often a value occurs, is told so; PostgreSQL finds it
 * by the conditions and the order of the statement.
 */
export function tableByIndex(
  dialect: Pick<Dialect, 'kind'>,
  table: string,
  index?: string,
): RawBuilder<unknown> {
  if (dialect.kind !== 'sqlite' || index === undefined) return sql`${sql.table(table)}`;
  return sql`${sql.table(table)} indexed by ${sql.ref(index)}`;
}
