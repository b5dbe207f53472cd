import { type Filter, Filter_Function as Fn } from '../gen/flyteidl2/common/list_pb.js';
import { invalidArgument } from './errors.ts';
import type { FieldTable, ListField } from './filter-fields.ts';
import { type Instant, instantFromMicros, microsOf, parseInstant } from './instant.ts';
import { quote } from './names.ts';

const MAX_FILTERS = 50;
const MAX_VALUES = 1000;
const MAX_VALUE_LENGTH = 1024;
const LABEL_PREFIX = 'labels.';

/** A value as it is compared: times as Instants, enums by the name that the database holds. */
export type FilterValue = string | number;

/** A filter that was checked against the fields of its list. */
export interface ParsedFilter {
  readonly field: ListField;
  /** The key of a `labels.<key>` filter. */
  readonly label?: string | undefined;
  readonly fn: Fn;
  /** Of the field's type, except for functions that look into text, which have the text as it was sent. */
  readonly values: readonly FilterValue[];
}

const TEXT_FUNCTIONS = new Set([Fn.CONTAINS, Fn.CONTAINS_CASE_INSENSITIVE, Fn.ENDS_WITH, Fn.NOT_ENDS_WITH]);
const EQUALITIES = new Set([Fn.EQUAL, Fn.NOT_EQUAL, Fn.VALUE_IN, Fn.VALUE_NOT_IN]);

/** Checks a request's filters, all of which must hold. Throws invalid_argument with a sentence that says what would be right. */
export function parseFilters(
  table: FieldTable,
  filters: readonly Filter[],
  rawFilters: readonly string[] = [],
): ParsedFilter[] {
  if (rawFilters.length > 0) throw invalidArgument('raw_filters is not supported; use filters');
  if (filters.length > MAX_FILTERS)
    throw invalidArgument(`filters has ${filters.length} entries; at most ${MAX_FILTERS} are allowed`);
  return filters.map((filter) => parseFilter(table, filter));
}

/** The field of that name, in any case, or undefined; label keys keep their case. */
export function findField(table: FieldTable, name: string): { field: ListField; label?: string } | undefined {
  const lower = name.toLowerCase();
  if (lower.startsWith(LABEL_PREFIX)) {
    const field = table.fields.find(({ type }) => type === 'label');
    const label = name.slice(LABEL_PREFIX.length);
    return field && label !== '' ? { field, label } : undefined;
  }
  const field = table.fields.find(
    (f) => f.type !== 'label' && (f.name === lower || f.aliases.includes(lower)),
  );
  return field && { field };
}

function parseFilter(table: FieldTable, filter: Filter): ParsedFilter {
  const found = findField(table, filter.field);
  if (found === undefined) {
    const known = table.fields.map(({ name }) => name).join(', ');
    throw invalidArgument(`unknown filter field ${quote(filter.field)} of ${table.what}; known are ${known}`);
  }
  checkText(filter.field, 'the field');
  const { field } = found;
  const where = `filter ${Fn[filter.function] ?? filter.function} on ${quote(filter.field)}`;
  checkCount(filter, where);
  return {
    ...found,
    fn: filter.function,
    values: filter.values.map((text) => parseValue(field, filter.function, text, where)),
  };
}

function checkCount({ function: fn, values }: Filter, where: string): void {
  if (Fn[fn] === undefined) throw invalidArgument(`${where}: this function is not known`);
  if (values.length > MAX_VALUES)
    throw invalidArgument(`${where} has ${values.length} values; at most ${MAX_VALUES} are allowed`);
  if (fn === Fn.EXISTS || fn === Fn.NOT_EXISTS) {
    if (values.length > 0) throw invalidArgument(`${where} takes no values`);
  } else if (fn === Fn.VALUE_IN || fn === Fn.VALUE_NOT_IN) {
    if (values.length === 0) throw invalidArgument(`${where} needs at least one value`);
  } else if (values.length !== 1) {
    throw invalidArgument(`${where} takes exactly one value, not ${values.length}`);
  }
}

function parseValue(field: ListField, fn: Fn, text: string, where: string): FilterValue {
  checkText(text, where);
  if (TEXT_FUNCTIONS.has(fn)) return text;
  switch (field.type) {
    case 'label':
      return text;
    case 'text':
      if (text === '' && EQUALITIES.has(fn)) {
        throw invalidArgument(`${where}: no value is empty; EXISTS and NOT_EXISTS tell whether there is one`);
      }
      return text;
    case 'enum': {
      const value = field.values?.parse(text);
      if (value === undefined) {
        const known = field.values?.names
          .map((name) => `${name} (${field.values?.numberOf(name)})`)
          .join(', ');
        throw invalidArgument(`${where}: ${quote(text)} is not one of ${known}`);
      }
      return value;
    }
    case 'time': {
      const parsed = parseInstant(text);
      // A day that its month does not have becomes the day that it means, as in every date of JavaScript.
      const value = parsed && instantFromMicros(microsOf(parsed));
      if (!isInstant(value)) {
        throw invalidArgument(`${where}: ${quote(text)} is not a time such as 2026-11-21T00:48:14Z`);
      }
      return value;
    }
    case 'int':
      if (!/^-?\d{1,15}$/.test(text))
        throw invalidArgument(`${where}: ${quote(text)} is not a whole number of at most 15 digits`);
      return Number(text);
  }
}

function checkText(text: string, where: string): void {
  if (text.length > MAX_VALUE_LENGTH)
    throw invalidArgument(`${where}: longer than ${MAX_VALUE_LENGTH} characters`);
  // PostgreSQL refuses it, and SQLite's functions stop at it.
  if (text.includes('\0')) throw invalidArgument(`${where} must not contain NUL characters`);
}

/** Whether it is an Instant that exists and that both databases take. */
export function isInstant(value: unknown): value is Instant {
  if (typeof value !== 'string' || value < '0001') return false;
  return parseInstant(value) === value && instantFromMicros(microsOf(value)) === value;
}
