import { type RawBuilder, sql } from 'kysely';
import type { Condition } from '../../runs/filter-condition.ts';
import type { OrderTerm } from '../../runs/filter-order.ts';
import type { FilterValue } from '../../runs/filter-parse.ts';
import type { Position } from '../../runs/page-token.ts';
import { tableByIndex } from '../dialects/list-terms.ts';
import type { Access, ListPlan } from './list-plan.ts';
import {
  beyond,
  conjunction,
  expression,
  type KeyQuery,
  oneOf,
  rangeSql,
  startOf,
  testSql,
} from './list-sql.ts';

/** A row as these statements answer it: its place in the order in k0, k1, …, its id, and the further columns. */
export type KeyRow = Readonly<Record<string, unknown>> & { readonly id: number; readonly n?: number };

/** The place of a row in the order. */
export function positionOf(row: KeyRow, order: readonly OrderTerm[]): Position {
  return order.map((_, i) => row[`k${i}`] as FilterValue);
}

/**
 * The next `limit` rows of a walk in the order of the list, behind a position. Of these, only those that meet the conditions `only` (as far
 * as SQL can tell) are answered, and the last one, where the walk goes on; each row then says in `n` which one it is.
 */
export function walkSql(
  query: KeyQuery,
  { walk, sorted }: Pick<ListPlan, 'walk' | 'sorted'>,
  after: Position | undefined,
  limit: number,
  only: readonly Condition[] = [],
): RawBuilder<KeyRow> {
  const beyonds = after === undefined ? [[]] : beyond(query, sorted, after);
  const range = walk.range ? rangeSql(query, walk.range, after && startOf(query.order)) : [];
  const end = sql`order by ${keyOrder(query)} limit ${limit}`;
  const branches = combinations(walk.prefix).flatMap((prefix) =>
    beyonds.map((behind) => {
      const found = prefix.map(({ column, value }) => sql`${expression(query, column)} = ${value}`);
      return sql`select ${selectList(query)} from ${fromSql(query, walk, [...found, ...range, ...behind])} ${end}`;
    }),
  );
  const [first = sql``, ...others] = branches;
  // Each branch comes out of its index in order and stops at the limit, and so does what they make together.
  const rows =
    others.length === 0 ? first : sql`${sql.join(branches.map(asBranch), sql` union all `)} ${end}`;
  const tests = only.flatMap((condition) => testSql(query, condition));
  if (tests.length === 0) return sql`${rows}`;
  const counted = sql`select w.*, row_number() over () as n from (${rows}) as w`;
  return sql`select * from (${counted}) as x where n = ${limit} or (${conjunction(tests)})`;
}

/** Answers a row if an access finds more than `count` rows, by counting index entries. */
export function exceedsSql(query: KeyQuery, access: Access, count: number): RawBuilder<unknown> {
  if (access.label === undefined)
    return sql`select 1 from ${accessSql(query, access)} limit 1 offset ${count}`;
  const order = (access.label.values?.length ?? 1) === 1 ? sql` order by l.value, l.run_id` : sql``;
  return sql`select 1 from run_labels as l where ${labelSql(query, access.label)}${order} limit 1 offset ${count}`;
}

/** The rows that an access finds. */
export function gatherSql(query: KeyQuery, access: Access): RawBuilder<KeyRow> {
  if (access.label === undefined) return sql`select ${selectList(query)} from ${accessSql(query, access)}`;
  const where = conjunction([labelSql(query, access.label), sql`runs.id = l.run_id`, ...baseSql(query)]);
  // A cross join, because SQLite takes its tables in the order in which they are written.
  return sql`select ${selectList(query)} from run_labels as l cross join runs where ${where}`;
}

function labelSql({ dialect }: KeyQuery, { key, values }: NonNullable<Access['label']>): RawBuilder<unknown> {
  const [value, ...others] = values ?? [];
  if (value === undefined) return sql`l.key = ${key}`;
  if (others.length === 0) return sql`l.key = ${key} and l.value = ${value}`;
  return sql`l.key = ${key} and ${oneOf(dialect, sql`l.value`, [value, ...others], 'text')}`;
}

/** From where and under which conditions an access reads, in the order of its index where that is one piece of it. */
function accessSql(query: KeyQuery, access: Access): RawBuilder<unknown> {
  const { prefix, range, index } = access;
  const found = prefix.map(({ column, values }) => testColumn(query, column, values));
  const rows = fromSql(query, access, [...found, ...(range ? rangeSql(query, range) : [])]);
  const rest = index?.columns.slice(prefix.length) ?? [];
  if (rest.length === 0 || prefix.some(({ values }) => values.length > 1)) return rows;
  const order = sql.join(
    rest.map((column) => expression(query, column)),
    sql`, `,
  );
  return sql`${rows} order by ${order}`;
}

function testColumn(query: KeyQuery, column: string, values: readonly FilterValue[]): RawBuilder<unknown> {
  const [test = sql`true`] = testSql(query, { column, bound: { kind: 'in', values } });
  return test;
}

function fromSql(
  query: KeyQuery,
  { index }: Access,
  conditions: readonly RawBuilder<unknown>[],
): RawBuilder<unknown> {
  const partial = index?.partial ? [sql`${sql.raw(index.partial.where)}`] : [];
  const where = conjunction([...baseSql(query), ...partial, ...conditions]);
  return sql`${tableByIndex(query.dialect, query.table.table, index?.name)} where ${where}`;
}

function baseSql({ base }: KeyQuery): RawBuilder<unknown>[] {
  return base.map(({ column, value }) => sql`${sql.ref(column)} = ${value}`);
}

function selectList(query: KeyQuery): RawBuilder<unknown> {
  const keys = query.order.map(({ column }, i) => sql`${expression(query, column)} as ${sql.ref(`k${i}`)}`);
  const rest = ['id', ...query.columns.filter((column) => column !== 'id')].map((column) => sql.ref(column));
  return sql.join([...keys, ...rest], sql`, `);
}

function keyOrder({ order }: KeyQuery): RawBuilder<unknown> {
  const terms = order.map(
    ({ descending }, i) => sql`${sql.ref(`k${i}`)} ${descending ? sql`desc` : sql`asc`}`,
  );
  return sql.join(terms, sql`, `);
}

function asBranch(select: RawBuilder<unknown>, i: number): RawBuilder<unknown> {
  return sql`select * from (${select}) as ${sql.ref(`b${i}`)}`;
}

/** Every choice of one value per column. */
function combinations(prefix: Access['prefix']): { column: string; value: FilterValue }[][] {
  return prefix.reduce<{ column: string; value: FilterValue }[][]>(
    (choices, { column, values }) =>
      choices.flatMap((choice) => values.map((value) => [...choice, { column, value }])),
    [[]],
  );
}
