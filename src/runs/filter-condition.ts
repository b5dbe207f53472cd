import { Filter_Function as Fn } from '../gen/flyteidl2/common/list_pb.js';
import { type ListRow, matches, matchesRow } from './filter-evaluate.ts';
import type { FilterValue, ParsedFilter } from './filter-parse.ts';

/** One end of a range. */
export interface RangeEnd {
  readonly value: FilterValue;
  readonly inclusive: boolean;
}

/** The part of a condition that an index can answer. */
export type Bound =
  | { readonly kind: 'in'; readonly values: readonly FilterValue[] }
  | { readonly kind: 'range'; readonly above?: RangeEnd; readonly below?: RangeEnd }
  | { readonly kind: 'label'; readonly key: string; readonly values?: readonly FilterValue[] | undefined }
  | { readonly kind: 'paused' };

/** What a row must meet. `bound`, where there is one, is true for exactly the same rows as `matches`. */
export interface Condition {
  readonly column: string;
  readonly bound?: Bound | undefined;
  matches(row: ListRow): boolean;
}

/** A column that must have this value. */
export function equals(column: string, value: FilterValue): Condition {
  return { column, bound: { kind: 'in', values: [value] }, matches: (row) => row[column] === value };
}

/** Runs with a paused action. */
export const hasPausedActions: Condition = {
  column: 'paused_actions',
  bound: { kind: 'paused' },
  matches: (row) => Number(row.paused_actions) > 0,
};

/** The conditions of filters; undefined if no row can meet them. Filters that every row meets vanish. */
export function conditionsOf(filters: readonly ParsedFilter[]): Condition[] | undefined {
  const conditions = filters.map(conditionOf);
  if (conditions.includes(false)) return undefined;
  return conditions.filter((condition) => typeof condition === 'object');
}

function conditionOf(filter: ParsedFilter): Condition | boolean {
  const { field } = filter;
  if (field.column === undefined) return matches(filter, field.constant ?? null);
  const test = (row: ListRow) => matchesRow(filter, row);
  if (field.values) {
    // Whatever the function, an enum has few values: those that meet it.
    const met = field.values.names.filter((name) => matches(filter, name));
    if (met.length === 0 || met.length === field.values.names.length) return met.length > 0;
    return {
      column: field.column,
      bound: field.indexed ? { kind: 'in', values: met } : undefined,
      matches: test,
    };
  }
  return { column: field.column, bound: field.indexed ? boundOf(filter) : undefined, matches: test };
}

function boundOf({ fn, values, label }: ParsedFilter): Bound | undefined {
  const [value = ''] = values;
  if (label !== undefined) {
    if (fn === Fn.EXISTS) return { kind: 'label', key: label };
    if (fn === Fn.EQUAL || fn === Fn.VALUE_IN)
      return { kind: 'label', key: label, values: [...new Set(values)] };
    return undefined;
  }
  switch (fn) {
    case Fn.EQUAL:
    case Fn.VALUE_IN:
      return { kind: 'in', values: [...new Set(values)] };
    case Fn.GREATER_THAN:
    case Fn.GREATER_THAN_OR_EQUAL:
      return { kind: 'range', above: { value, inclusive: fn === Fn.GREATER_THAN_OR_EQUAL } };
    case Fn.LESS_THAN:
    case Fn.LESS_THAN_OR_EQUAL:
      return { kind: 'range', below: { value, inclusive: fn === Fn.LESS_THAN_OR_EQUAL } };
    default:
      return undefined;
  }
}
