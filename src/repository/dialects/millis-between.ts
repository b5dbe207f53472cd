import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from './dialect.ts';

/** Milliseconds from one time to another, with fractions; null where one of them is. */
export function millisBetween(
  dialect: Pick<Dialect, 'kind'>,
  from: RawBuilder<unknown>,
  to: RawBuilder<unknown>,
): RawBuilder<number | null> {
  return dialect.kind === 'sqlite'
    ? sql`((julianday(${to}) - julianday(${from})) * 86400000)`
    : sql`(extract(epoch from (${to} - ${from})) * 1000)`;
}
