import { Filter_Function as Fn } from '../gen/flyteidl2/common/list_pb.js';
import { compareText } from './filter-compare.ts';
import type { FilterValue, ParsedFilter } from './filter-parse.ts';

/** A row as far as filters and orders look at it: columns by name. */
export type ListRow = Readonly<Record<string, unknown>>;

/**
 * Whether a row meets a filter. Text that is empty counts as missing, except for values of labels. A missing value meets only
 * NOT_EXISTS, NOT_EQUAL, VALUE_NOT_IN and NOT_ENDS_WITH. Text compares by code points, enums by their numbers; the functions that look
 * into text see an enum's name, a time as `2026-11-21T00:48:14.123456Z` and a number's digits.
 */
export function matchesRow(filter: ParsedFilter, row: ListRow): boolean {
  return matches(filter, filterValue(filter, row));
}

/** The value that a filter looks at; null if it is missing. */
export function filterValue({ field, label }: ParsedFilter, row: ListRow): FilterValue | null {
  if (field.column === undefined) return field.constant ?? null;
  const value = row[field.column] as FilterValue | null;
  if (label === undefined) return value === '' ? null : value;
  const labels = JSON.parse(String(value)) as Record<string, string>;
  return Object.hasOwn(labels, label) ? (labels[label] ?? null) : null;
}

/** Whether one value (null: missing) meets a filter. */
export function matches(filter: ParsedFilter, value: FilterValue | null): boolean {
  const { fn, values } = filter;
  const [first = ''] = values;
  switch (fn) {
    case Fn.EXISTS:
      return value !== null;
    case Fn.NOT_EXISTS:
      return value === null;
    case Fn.NOT_EQUAL:
      return value !== first;
    case Fn.VALUE_NOT_IN:
      return value === null || !values.includes(value);
    case Fn.NOT_ENDS_WITH:
      return value === null || !String(value).endsWith(String(first));
    default:
      return value !== null && matchesPresent(filter, value, first);
  }
}

function matchesPresent(
  { field, fn, values }: ParsedFilter,
  value: FilterValue,
  first: FilterValue,
): boolean {
  switch (fn) {
    case Fn.EQUAL:
      return value === first;
    case Fn.VALUE_IN:
      return values.includes(value);
    case Fn.CONTAINS:
      return String(value).includes(String(first));
    case Fn.CONTAINS_CASE_INSENSITIVE:
      return String(value).toLowerCase().includes(String(first).toLowerCase());
    case Fn.ENDS_WITH:
      return String(value).endsWith(String(first));
  }
  const number = field.values?.numberOf;
  const order = number ? number(String(value)) - number(String(first)) : compareValues(value, first);
  switch (fn) {
    case Fn.GREATER_THAN:
      return order > 0;
    case Fn.GREATER_THAN_OR_EQUAL:
      return order >= 0;
    case Fn.LESS_THAN:
      return order < 0;
    case Fn.LESS_THAN_OR_EQUAL:
      return order <= 0;
    default:
      return false;
  }
}

/** The order of two values of one column: numbers by size, everything else by code points. */
export function compareValues(a: FilterValue, b: FilterValue): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : compareText(String(a), String(b));
}
