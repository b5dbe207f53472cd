import { type ListRequest, type Sort, Sort_Direction as Direction } from '../gen/flyteidl2/common/list_pb.js';
import { invalidArgument } from './errors.ts';
import type { FieldTable } from './filter-fields.ts';
import { findField } from './filter-parse.ts';
import { quote } from './names.ts';

const MAX_SORT_FIELDS = 5;

/** One column of an order. Missing values come before all others, or after them where the order is descending. */
export interface OrderTerm {
  readonly column: string;
  readonly descending: boolean;
}

/**
 * The order that a request asks for: `sort_by_fields`, else the older `sort_by`, else newest first. Unique columns follow, in the direction
 * of the last field, so that no two rows are equal. Throws invalid_argument with the fields that rows can be sorted by.
 */
export function parseOrder(
  table: FieldTable,
  request: Pick<ListRequest, 'sortBy' | 'sortByFields'>,
): OrderTerm[] {
  const sorts =
    request.sortByFields.length > 0 ? request.sortByFields : request.sortBy ? [request.sortBy] : [];
  if (sorts.length > MAX_SORT_FIELDS) {
    throw invalidArgument(
      `sort_by_fields has ${sorts.length} entries; at most ${MAX_SORT_FIELDS} are allowed`,
    );
  }
  const terms = sorts.map((sort) => orderTerm(table, sort));
  const [first = { column: 'created_at', descending: true }] = terms;
  if (terms.length === 0) terms.push(first);
  const repeated = terms.find(({ column }, i) => terms.findIndex((term) => term.column === column) < i);
  if (repeated) throw invalidArgument(`sort_by_fields names ${quote(repeated.column)} twice`);
  return [...terms, ...tiesOf(table, terms)];
}

function orderTerm(table: FieldTable, { key, direction }: Sort): OrderTerm {
  if (Direction[direction] === undefined)
    throw invalidArgument(`the sort direction ${direction} is not known`);
  const { field } = findField(table, key === '' ? 'created_at' : key) ?? {};
  if (field?.sortable !== true || field.column === undefined) {
    const known = table.fields.filter((f) => f.sortable).map(({ name }) => name);
    throw invalidArgument(`${table.what} can't be sorted by ${quote(key)}; possible are ${known.join(', ')}`);
  }
  return { column: field.column, descending: direction === Direction.DESCENDING };
}

function tiesOf(table: FieldTable, terms: readonly OrderTerm[]): OrderTerm[] {
  const given = new Set(terms.map(({ column }) => column));
  const last = terms.at(-1);
  // Among equal phases the newest runs are the interesting ones, and the index of phases has them in that order.
  const ties =
    last?.column === 'created_at'
      ? table.createdTies
      : last?.column === 'phase' && !given.has('created_at')
        ? ['created_at', ...table.createdTies]
        : table.ties;
  const descending = last?.descending ?? true;
  return ties.filter((column) => !given.has(column)).map((column) => ({ column, descending }));
}
