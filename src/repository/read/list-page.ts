import { sql } from 'kysely';
import type { ListRequest } from '../../gen/flyteidl2/common/list_pb.js';
import { invalidArgument } from '../../runs/errors.ts';
import { type Condition, conditionsOf } from '../../runs/filter-condition.ts';
import type { FieldTable } from '../../runs/filter-fields.ts';
import { type OrderTerm, parseOrder } from '../../runs/filter-order.ts';
import { type ParsedFilter, parseFilters } from '../../runs/filter-parse.ts';
import { listDigest, type PositionType, readPageToken, writePageToken } from '../../runs/page-token.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { inList } from '../dialects/list-terms.ts';
import { columnKind } from '../schema.ts';
import type { ListTable } from './list-indexes.ts';
import type { Base } from './list-sql.ts';
import type { KeyRow } from './list-statements.ts';
import { findRows, LIST_BOUNDS, type ListBounds } from './list-walk.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;
/** What a page may hold of columns that have no bound of their own. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
const ROWS_AT_ONCE = 100;

/** A list as a request asks for it. */
export interface PageQuery {
  readonly table: ListTable;
  readonly fields: FieldTable;
  readonly base: Base;
  /** What the request's scope demands of a row, next to its filters. */
  readonly scope: readonly Condition[];
  readonly request: ListRequest | undefined;
  /** The columns that messages are made of. */
  readonly columns: readonly string[];
  readonly maxScan: number;
  readonly bounds?: ListBounds | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Rows in order, and the token that goes on after them; it is empty at the end. */
export interface Page<R> {
  readonly rows: readonly R[];
  readonly token: string;
}

/**
 * Reads a page: at most `limit` rows (50 if it is 0), fewer if they are large or if the rows that a call may look at ran out. A row is
 * answered as it is when it is read; one that stopped meeting the filters meanwhile is left out. Throws invalid_argument for filters,
 * orders, limits and tokens that make no sense.
 */
export async function readPage<R extends { id: number; metadata: Uint8Array }>(
  dialect: Dialect,
  query: PageQuery,
): Promise<Page<R>> {
  const { table, fields, base, scope, request } = query;
  const limit = request?.limit || DEFAULT_LIMIT;
  if (limit > MAX_LIMIT)
    throw invalidArgument(`limit ${limit} is too large; at most ${MAX_LIMIT} are answered at once`);
  const filters = parseFilters(fields, request?.filters ?? [], request?.rawFilters);
  const order = parseOrder(fields, { sortBy: request?.sortBy, sortByFields: request?.sortByFields ?? [] });
  const list = digestOf(query, filters, order);
  const after = request?.token ? readPageToken(request.token, list, positionTypes(table, order)) : undefined;
  const filtered = conditionsOf(filters);
  if (filtered === undefined) return { rows: [], token: '' };

  const conditions = [...scope, ...filtered];
  const columns = [...new Set(conditions.map(({ column }) => column))];
  const load = [...new Set([...query.columns, ...columns])];
  const { maxScan, signal, bounds = LIST_BOUNDS } = query;
  const all = await findRows({
    dialect,
    table,
    base,
    order,
    conditions,
    after,
    limit,
    load,
    maxScan,
    bounds,
    signal,
  });

  const rows: R[] = [];
  let bytes = 0;
  for (let from = 0; from < all.rows.length; from += ROWS_AT_ONCE) {
    const part = all.rows.slice(from, from + ROWS_AT_ONCE);
    const ids = part.flatMap(({ id, row }) => (row === undefined ? [id] : []));
    const loaded = ids.length === 0 ? undefined : await loadRows<R>(dialect, table, load, ids);
    for (const [i, { id, row: found }] of part.entries()) {
      const row = found === undefined ? loaded?.get(id) : (found as unknown as R & KeyRow);
      if (row === undefined || !conditions.every((condition) => condition.matches(row))) continue;
      bytes += row.metadata.length + ('labels' in row ? String(row.labels).length : 0);
      const before = all.rows[from + i - 1];
      if (bytes > MAX_PAGE_BYTES && rows.length > 0 && before) {
        return { rows, token: writePageToken(list, before.position) };
      }
      rows.push(row);
    }
  }
  return { rows, token: all.next === undefined ? '' : writePageToken(list, all.next) };
}

async function loadRows<R extends { id: number }>(
  dialect: Dialect,
  { table }: ListTable,
  columns: readonly string[],
  ids: readonly number[],
): Promise<Map<number, R & Readonly<Record<string, unknown>>>> {
  const list = sql.join(
    columns.map((column) => sql.ref(column)),
    sql`, `,
  );
  const { rows } = await sql<R & Readonly<Record<string, unknown>>>`
    select ${list} from ${sql.table(table)} where ${inList(dialect, sql`id`, ids, 'int')}`.execute(
    dialect.reader,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

function digestOf(
  { table, base, scope }: PageQuery,
  filters: readonly ParsedFilter[],
  order: readonly OrderTerm[],
): string {
  const asked = filters.map(({ field, label, fn, values }) =>
    JSON.stringify([field.name, label, fn, values]),
  );
  const scoped = scope.map(({ column, bound }) => [column, bound]);
  return listDigest(table.table, base, scoped, asked.sort(), order);
}

function positionTypes({ table }: ListTable, order: readonly OrderTerm[]): PositionType[] {
  return order.map(({ column }) => {
    const kind = columnKind(table, column);
    return kind === 'int' || kind === 'time' ? kind : 'text';
  });
}
