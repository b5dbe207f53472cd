import { setImmediate as turn } from 'node:timers/promises';
import type { RawBuilder } from 'kysely';
import type { Condition } from '../../runs/filter-condition.ts';
import { compareValues } from '../../runs/filter-evaluate.ts';
import type { OrderTerm } from '../../runs/filter-order.ts';
import type { Position } from '../../runs/page-token.ts';
import { type Access, type ListPlan, planList } from './list-plan.ts';
import type { KeyQuery } from './list-sql.ts';
import { exceedsSql, gatherSql, type KeyRow, positionOf, walkSql } from './list-statements.ts';

/** How many rows a call and its statements look at. */
export interface ListBounds {
  /** So many rows are read at once and sorted here rather than looked for in the order of the list. */
  readonly gathered: number;
  /** Rows that one call looks at when it combines conditions that indexes answer one by one. */
  readonly walked: number;
  /** Rows that the first statement of a walk looks at, and the largest number that later ones do. */
  readonly firstChunk: number;
  readonly maxChunk: number;
}

/** What is used unless a test wants to see every path with few rows. */
export const LIST_BOUNDS: ListBounds = { gathered: 1000, walked: 250_000, firstChunk: 200, maxChunk: 5000 };

/** A row of a page: its id and where the list goes on after it. */
export interface FoundRow {
  readonly id: number;
  readonly position: Position;
  /** The columns to load, if they were read along with the place. */
  readonly row?: KeyRow;
}

/** The rows of a page, in order. `next` is where the list goes on; undefined at its end. */
export interface FoundRows {
  readonly rows: readonly FoundRow[];
  readonly next: Position | undefined;
}

/** Which rows to find. */
export interface WalkQuery extends Omit<KeyQuery, 'columns'> {
  readonly conditions: readonly Condition[];
  readonly after: Position | undefined;
  readonly limit: number;
  /** Columns that are read of the rows that are found; along with their places where that reads no row in vain. */
  readonly load: readonly string[];
  /** Rows to look at for conditions that no index can answer. */
  readonly maxScan: number;
  readonly bounds: ListBounds;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the rows of a page. Each statement reads a bounded number of index entries, whatever the conditions and however deep the page, and
 * between two of them other requests have their turn. When the bound of a call is reached, fewer rows (perhaps none) are answered, with the
 * position to go on from.
 */
export async function findRows(query: WalkQuery): Promise<FoundRows> {
  const plan = planList(query.table, query.conditions, query.order);
  for (const access of plan.gathers) {
    const found = await gather(query, access);
    if (found !== undefined) return found;
  }
  return walk(query, plan);
}

/** Reads everything that an access finds; undefined if that is too much. */
async function gather(query: WalkQuery, access: Access): Promise<FoundRows | undefined> {
  const { conditions, order, after, limit } = query;
  const keys: KeyQuery = { ...query, columns: columnsOf(conditions) };
  const most = Math.min(query.bounds.gathered, budgetOf(query, conditions));
  const more = await read(query, exceedsSql(keys, access, most));
  if (more.length > 0) return undefined;
  const gathered = await read(query, gatherSql(keys, access));
  const rows = gathered
    .filter((row) => conditions.every((condition) => condition.matches(row)))
    .map((row) => ({ id: row.id, position: positionOf(row, order) }))
    .filter(({ position }) => after === undefined || comparePositions(position, after, order) > 0)
    .sort((a, b) => comparePositions(a.position, b.position, order));
  return cut(rows, limit);
}

async function walk(query: WalkQuery, plan: ListPlan): Promise<FoundRows> {
  const { order, limit, bounds } = query;
  const open = query.conditions.filter((condition) => !plan.walk.met.includes(condition));
  const only = open.filter(({ bound }) => bound !== undefined);
  // Walks side by side each find a page of which most is not answered.
  const direct =
    open.length === 0 && plan.sorted && plan.walk.prefix.every(({ values }) => values.length === 1);
  const keys: KeyQuery = { ...query, columns: direct ? query.load : columnsOf(open) };
  const budget = budgetOf(query, open);
  const found: FoundRow[] = [];
  let { after } = query;
  let chunk = plan.sorted ? Math.max(limit + 1, bounds.firstChunk) : bounds.maxChunk;
  for (let looked = 0; looked < budget; ) {
    query.signal?.throwIfAborted();
    const take = Math.min(open.length === 0 ? limit + 1 : chunk, budget - looked);
    const rows = await read(query, walkSql(keys, plan, after, take, only));
    for (const row of rows) {
      if (!open.every((condition) => condition.matches(row))) continue;
      const position = positionOf(row, order);
      found.push(direct ? { id: row.id, position, row } : { id: row.id, position });
      if (found.length > limit) return cut(found, limit);
    }
    const last = rows.at(-1);
    if (last === undefined || (last.n ?? rows.length) < take) return { rows: found, next: undefined };
    looked += take;
    after = positionOf(last, order);
    chunk = Math.min(chunk * 3, bounds.maxChunk);
    await turn();
  }
  return { rows: found, next: after };
}

function columnsOf(conditions: readonly Condition[]): string[] {
  return [...new Set(conditions.map(({ column }) => column))];
}

/** How many rows may be looked at for these conditions. */
function budgetOf({ maxScan, bounds }: WalkQuery, open: readonly Condition[]): number {
  return open.some(({ bound }) => bound === undefined) ? maxScan : bounds.walked;
}

function cut(rows: readonly FoundRow[], limit: number): FoundRows {
  return { rows: rows.slice(0, limit), next: rows.length > limit ? rows[limit - 1]?.position : undefined };
}

/** The order of two positions, as the databases have it. */
function comparePositions(a: Position, b: Position, order: readonly OrderTerm[]): number {
  for (const [i, { descending }] of order.entries()) {
    const difference = compareValues(a[i] ?? '', b[i] ?? '');
    if (difference !== 0) return descending ? -difference : difference;
  }
  return 0;
}

async function read<R>({ dialect }: WalkQuery, statement: RawBuilder<R>): Promise<readonly R[]> {
  const { rows } = await statement.execute(dialect.reader);
  return rows;
}
