import { type RawBuilder, sql } from 'kysely';
import type { Condition, RangeEnd } from '../../runs/filter-condition.ts';
import { compareValues } from '../../runs/filter-evaluate.ts';
import type { OrderTerm } from '../../runs/filter-order.ts';
import type { FilterValue } from '../../runs/filter-parse.ts';
import type { Position } from '../../runs/page-token.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { inList } from '../dialects/list-terms.ts';
import { columnKind } from '../schema.ts';
import type { ListTable } from './list-indexes.ts';
import type { ColumnRange } from './list-plan.ts';

/** Columns that have one value in the whole list; every index begins with them. */
export type Base = readonly { readonly column: string; readonly value: FilterValue }[];

/** What every statement of a list needs to know. */
export interface KeyQuery {
  readonly dialect: Dialect;
  readonly table: ListTable;
  readonly base: Base;
  readonly order: readonly OrderTerm[];
  /** Further columns to read. */
  readonly columns: readonly string[];
}

/** A column as indexes have it: never NULL where it is sorted by. */
export function expression({ table }: KeyQuery, column: string): RawBuilder<unknown> {
  const standIn = table.standIns[column];
  return standIn === undefined
    ? sql`${sql.ref(column)}`
    : sql`coalesce(${sql.ref(column)}, ${sql.lit(standIn)})`;
}

/** `expression` is one of these values. */
export function oneOf(
  dialect: Dialect,
  expression: RawBuilder<unknown>,
  values: readonly FilterValue[],
  kind: 'int' | 'text' | 'time',
): RawBuilder<unknown> {
  return values.length === 1 ? sql`${expression} = ${values[0]}` : inList(dialect, expression, values, kind);
}

/** What SQL can tell of a condition: every row that meets the condition meets these. */
export function testSql(
  query: KeyQuery,
  { column, bound }: Pick<Condition, 'column' | 'bound'>,
): RawBuilder<unknown>[] {
  if (bound?.kind === 'in') {
    return [oneOf(query.dialect, expression(query, column), bound.values, kindOf(query, column))];
  }
  return bound?.kind === 'range' ? rangeSql(query, { column, ...bound }) : [];
}

/** The ends of a range. One can be left out: behind a position the end where the order starts is met, and would only tempt SQLite to start there. */
export function rangeSql(
  query: KeyQuery,
  range: ColumnRange,
  without?: 'above' | 'below',
): RawBuilder<unknown>[] {
  const column = expression(query, range.column);
  const missing =
    query.table.standIns[range.column] ?? (kindOf(query, range.column) === 'text' ? '' : undefined);
  let { above } = range;
  if (missing !== undefined && (above === undefined || compareValues(above.value, missing) <= 0)) {
    above = { value: missing, inclusive: false };
  }
  const parts: RawBuilder<unknown>[] = [];
  if (above && without !== 'above') parts.push(sql`${column} ${operator('>', above)} ${above.value}`);
  if (range.below && without !== 'below') {
    parts.push(sql`${column} ${operator('<', range.below)} ${range.below.value}`);
  }
  return parts;
}

/** The end of a range of the first column at which an order starts. */
export function startOf(order: readonly OrderTerm[]): 'above' | 'below' {
  return order[0]?.descending ? 'below' : 'above';
}

/** Everything behind a position, as alternatives that do not overlap; each is a list of conditions. */
export function beyond(query: KeyQuery, sorted: boolean, after: Position): RawBuilder<unknown>[][] {
  const { order, table } = query;
  const columns = order.map(({ column }) => expression(query, column));
  const sign = (i: number) => sql.raw(order[i]?.descending ? '<' : '>');
  const alternatives = order.map((_, i) => [
    ...columns.slice(0, i).map((column, j) => sql`${column} = ${after[j]}`),
    sql`${columns[i]} ${sign(i)} ${after[i]}`,
  ]);
  if (!sorted) {
    const any = alternatives.map((conditions) => sql`(${conjunction(conditions)})`);
    return [[sql`(${sql.join(any, sql` or `)})`]];
  }
  // SQLite finds its place in an index by a row comparison only if that compares plain columns.
  if (order.some(({ column }) => table.standIns[column] !== undefined)) return alternatives;
  const values = sql.join(
    after.map((value) => sql`${value}`),
    sql`, `,
  );
  return [[sql`(${sql.join(columns, sql`, `)}) ${sign(0)} (${values})`]];
}

/** All of these. */
export function conjunction(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return sql.join([...conditions], sql` and `);
}

function kindOf({ table }: KeyQuery, column: string): 'int' | 'text' | 'time' {
  const kind = columnKind(table.table, column);
  return kind === 'int' || kind === 'time' ? kind : 'text';
}

function operator(sign: '<' | '>', { inclusive }: RangeEnd): RawBuilder<unknown> {
  return sql.raw(inclusive ? `${sign}=` : sign);
}
