import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from './dialect.ts';

/**
 * For each row of a list `u` the first rows of a table that belong to it, by an index, however many there are: `inner` is a selection of
 * ids of `table` that names columns of `u`, ends in an order and a limit, and is looked up once per row of the list. The result is to be
 * selected from; it has the list as `u` and the rows as `r`.
 */
export function topPerKey(
  dialect: Pick<Dialect, 'kind'>,
  list: RawBuilder<unknown>,
  table: string,
  inner: RawBuilder<unknown>,
): RawBuilder<unknown> {
  if (dialect.kind === 'sqlite') {
    return sql`${list} cross join ${sql.table(table)} as r on r.id in (${inner})`;
  }
  return sql`${list} cross join lateral (${inner}) as top join ${sql.table(table)} as r on r.id = top.id`;
}
