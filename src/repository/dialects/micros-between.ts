import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from './dialect.ts';

/** Microseconds from one time to another, a whole number; null where one of them is. */
export function microsBetween(
  dialect: Pick<Dialect, 'kind'>,
  from: RawBuilder<unknown>,
  to: RawBuilder<unknown>,
): RawBuilder<number | null> {
  if (dialect.kind === 'postgres') return sql`cast(extract(epoch from (${to} - ${from})) * 1000000 as int8)`;
  // SQLite's own functions for times know milliseconds at best: seconds and the fraction are taken apart.
  const seconds = (time: RawBuilder<unknown>) => sql`cast(strftime('%s', substr(${time}, 1, 19)) as integer)`;
  const fraction = (time: RawBuilder<unknown>) => sql`cast(substr(${time}, 21, 6) as integer)`;
  return sql`((${seconds(to)} - ${seconds(from)}) * 1000000 + ${fraction(to)} - ${fraction(from)})`;
}
