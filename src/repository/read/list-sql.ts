import { type RawBuilder, sql } from 'kysely';
import type { Condition, RangeEnd } from '../../runs/filter-condition.ts';
import { compareValues } from '../../runs/filter-evaluate.ts';
import type { OrderTerm } from '../../runs/filter-order.ts';
import type { FilterValue } from '../../runs/filter-parse.ts';
import type { Position } from '../../runs/page-token.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { inList } from '../dialects/in-list.ts';
import { columnKind } from '../schema.ts';
import type { ListTable } from './list-indexes.ts';
import type { Access, ColumnRange, ListPlan } from './list-plan.ts';

/** Columns that have one value in the whole list; every index begins with them. */
export type Base = readonly { readonly column: string; readonly value: FilterValue }[];

/** What every statement of a list needs to know. */
export interface KeyQuery {
  readonly table: ListTable;
  readonly base: Base;
  readonly order: readonly OrderTerm[];
  /** Further columns to read. */
  readonly columns: readonly string[];
}

/** A row as the statements below answer it: its place in the order in k0, k1, …, its id, and the further columns. */
export type KeyRow = Readonly<Record<string, unknown>> & { readonly id: number; readonly n?: number };

/** The place of a row in the order. */
export function positionOf(row: KeyRow, order: readonly OrderTerm[]): Position {
  return order.map((_, i) => row[`k${i}`] as FilterValue);
}

/**
 * The next `limit` rows of a walk in the order of the list, behind a position. Of these, only those that meet the conditions `only` (as far
 * as SQL can tell) are answered, and the last one, where the walk goes on; each row says in `n` which one it is.
 */
export function walkSql(
  dialect: Pick<Dialect, 'kind'>,
  query: KeyQuery,
  { walk, sorted }: Pick<ListPlan, 'walk' | 'sorted'>,
  after: Position | undefined,
  limit: number,
  only: readonly Condition[] = [],
): RawBuilder<KeyRow> {
  const beyonds = after === undefined ? [undefined] : beyond(query, sorted, after);
  const range = walk.range && rangeSql(query, walk.range, after !== undefined && startOf(query.order));
  const branches = combinations(walk.prefix).flatMap((prefix) =>
    beyonds.map((behind) => {
      const found = prefix.map(({ column, value }) => sql`${expression(query, column)} = ${value}`);
      return selectSql(query, walk, [...found, ...(range ?? []), ...(behind ?? [])]);
    }),
  );
  const order = sql.join(
    query.order.map(({ descending }, i) => sql`${sql.ref(`k${i}`)} ${direction(descending)}`),
    sql`, `,
  );
  // Each branch comes out of its index in order: both databases merge them and stop at the limit.
  const all = sql.join(branches, sql` union all `);
  const rows = branches.length > 1 ? sql`select * from (${all}) as b` : all;
  const part = sql<KeyRow>`${rows} order by ${order} limit ${limit}`;
  const tests = only.flatMap((condition) => testSql(dialect, query, condition));
  if (tests.length === 0) return part;
  return sql`select * from (select w.*, row_number() over () as n from (${part}) as w) as x where n = ${limit} or (${conjunction(tests)})`;
}

/** Answers a row if an access finds more than `count` rows, by counting index entries. */
export function exceedsSql(
  dialect: Pick<Dialect, 'kind'>,
  query: KeyQuery,
  access: Access,
  count: number,
): RawBuilder<unknown> {
  return sql`select 1 from ${accessSql(dialect, query, access)} limit 1 offset ${count}`;
}

/** The rows that an access finds, in no particular order. */
export function gatherSql(
  dialect: Pick<Dialect, 'kind'>,
  query: KeyQuery,
  access: Access,
): RawBuilder<KeyRow> {
  return sql`select ${selectList(query)} from ${accessSql(dialect, query, access)}`;
}

/** From where and under which conditions an access reads. */
function accessSql(dialect: Pick<Dialect, 'kind'>, query: KeyQuery, access: Access): RawBuilder<unknown> {
  const { label, prefix, range } = access;
  if (label !== undefined) {
    const value = label.values && inList(dialect, sql`l.value`, label.values as string[], 'text');
    const wanted = [sql`l.key = ${label.key}`, ...(value ? [value] : []), sql`runs.id = l.run_id`];
    // A cross join, because SQLite takes its tables in the order in which they are written.
    return sql`run_labels as l cross join runs where ${conjunction([...wanted, ...baseSql(query)])}`;
  }
  const found = prefix.map(({ column, values }) => oneOf(dialect, query, column, values));
  const within = range ? rangeSql(query, range, undefined) : [];
  return sql`${sql.table(query.table.table)} where ${whereSql(query, access, [...found, ...within])}`;
}

function selectSql(
  query: KeyQuery,
  access: Access,
  conditions: readonly RawBuilder<unknown>[],
): RawBuilder<KeyRow> {
  return sql`select ${selectList(query)} from ${sql.table(query.table.table)} where ${whereSql(query, access, conditions)}`;
}

function whereSql(query: KeyQuery, { index }: Access, conditions: readonly RawBuilder<unknown>[]) {
  const partial = index?.partial ? [sql`${sql.raw(index.partial.where)}`] : [];
  return conjunction([...baseSql(query), ...partial, ...conditions]);
}

function selectList(query: KeyQuery): RawBuilder<unknown> {
  const keys = query.order.map(({ column }, i) => sql`${expression(query, column)} as ${sql.ref(`k${i}`)}`);
  const rest = ['id', ...query.columns.filter((column) => column !== 'id')].map((column) => sql.ref(column));
  return sql.join([...keys, ...rest], sql`, `);
}

function baseSql({ base }: KeyQuery): RawBuilder<unknown>[] {
  return base.map(({ column, value }) => sql`${sql.ref(column)} = ${value}`);
}

function conjunction(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return sql.join([...conditions], sql` and `);
}

function oneOf(
  dialect: Pick<Dialect, 'kind'>,
  query: KeyQuery,
  column: string,
  values: readonly FilterValue[],
): RawBuilder<unknown> {
  if (values.length === 1) return sql`${expression(query, column)} = ${values[0]}`;
  return inList(dialect, expression(query, column), values, kindOf(query, column));
}

/** What SQL can tell of a condition, for rows that are evaluated afterwards anyway. */
function testSql(
  dialect: Pick<Dialect, 'kind'>,
  query: KeyQuery,
  { column, bound }: Condition,
): RawBuilder<unknown>[] {
  if (bound?.kind === 'in') return [oneOf(dialect, query, column, bound.values)];
  if (bound?.kind === 'range') return rangeSql(query, { column, ...bound }, undefined);
  return [];
}

/** A column as indexes have it: never NULL where it is sorted by. */
function expression({ table }: KeyQuery, column: string): RawBuilder<unknown> {
  const standIn = table.standIns[column];
  return standIn === undefined
    ? sql`${sql.ref(column)}`
    : sql`coalesce(${sql.ref(column)}, ${sql.lit(standIn)})`;
}

function kindOf({ table }: KeyQuery, column: string): 'int' | 'text' | 'time' {
  const kind = columnKind(table.table, column);
  return kind === 'int' || kind === 'time' ? kind : 'text';
}

function direction(descending: boolean): RawBuilder<unknown> {
  return descending ? sql`desc` : sql`asc`;
}

function startOf(order: readonly OrderTerm[]): 'above' | 'below' {
  return order[0]?.descending ? 'below' : 'above';
}

/** The ends of a range. Behind a position the end where the order starts is met already, and would only tempt SQLite to start there. */
function rangeSql(
  query: KeyQuery,
  range: ColumnRange,
  without: 'above' | 'below' | undefined | false,
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
  if (range.below && without !== 'below')
    parts.push(sql`${column} ${operator('<', range.below)} ${range.below.value}`);
  return parts;
}

function operator(sign: '<' | '>', { inclusive }: RangeEnd): RawBuilder<unknown> {
  return sql.raw(inclusive ? `${sign}=` : sign);
}

/** Everything behind a position, as alternatives that do not overlap; each is a list of conditions. */
function beyond(query: KeyQuery, sorted: boolean, after: Position): RawBuilder<unknown>[][] {
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

/** Every choice of one value per column. */
function combinations(prefix: Access['prefix']): { column: string; value: FilterValue }[][] {
  return prefix.reduce<{ column: string; value: FilterValue }[][]>(
    (choices, { column, values }) =>
      choices.flatMap((choice) => values.map((value) => [...choice, { column, value }])),
    [[]],
  );
}
