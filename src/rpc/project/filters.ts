import { ProjectState } from '../../gen/flyteidl2/project/project_service_pb.js';
import type { ProjectFilter, ProjectFilterColumn } from '../../repository/projects.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { parseInstant } from '../../runs/instant.ts';
import { quote } from '../../runs/names.ts';

const MAX_FILTERS = 20;
const MAX_VALUES = 100;
const COMPARISONS = { eq: '=', ne: '!=', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;
const FUNCTIONS = [...Object.keys(COMPARISONS), 'value_in', 'contains'];
const COLUMNS: Record<string, ProjectFilterColumn> = {
  id: 'id',
  identifier: 'id',
  name: 'name',
  description: 'description',
  state: 'state',
  created_at: 'created_at',
  updated_at: 'updated_at',
};

/**
 * Reads filters as Flyte's clients write them: `function(field, value)`, joined by '+', all of which must hold; the values of
 * `value_in` are separated by ';'. Within a value, '+', ';' and ')' are written as %2B, %3B and %29. Throws invalid_argument
 * with the possibilities for what it does not know.
 */
export function parseProjectFilters(text: string): ProjectFilter[] {
  if (text.trim() === '') return [];
  const parts = text.split('+');
  if (parts.length > MAX_FILTERS) throw invalidArgument(`filters has more than ${MAX_FILTERS} conditions`);
  return parts.map(parseFilter);
}

function parseFilter(text: string): ProjectFilter {
  const [, name = '', field = '', rawValue = ''] =
    /^\s*(\w+)\s*\(\s*([^,()]*?)\s*,\s*(.*?)\s*\)\s*$/s.exec(text) ?? [];
  if (name === '') throw invalidArgument(`filters: ${quote(text)} is not of the form function(field, value)`);
  const column = Object.hasOwn(COLUMNS, field) ? COLUMNS[field] : undefined;
  if (!column) {
    throw invalidArgument(
      `filters: unknown field ${quote(field)}; known are ${Object.keys(COLUMNS).join(', ')}`,
    );
  }
  if (Object.hasOwn(COMPARISONS, name)) {
    const operator = COMPARISONS[name as keyof typeof COMPARISONS];
    return { column, operator, value: comparable(column, rawValue) };
  }
  if (name === 'value_in') {
    const values = rawValue.split(';').map((value) => comparable(column, value.trim()));
    if (values.length > MAX_VALUES)
      throw invalidArgument(`filters: value_in has more than ${MAX_VALUES} values`);
    return { column, operator: 'in', values };
  }
  if (name === 'contains') {
    if (column !== 'id' && column !== 'name' && column !== 'description') {
      throw invalidArgument(`filters: contains works on id, name and description, not on ${field}`);
    }
    const value = unescaped(rawValue);
    if (value === '') throw invalidArgument('filters: contains needs a value');
    return { column, operator: 'contains', value };
  }
  throw invalidArgument(`filters: unknown function ${quote(name)}; known are ${FUNCTIONS.join(', ')}`);
}

function comparable(column: ProjectFilterColumn, raw: string): string | number {
  const text = unescaped(raw);
  if (column === 'state') return stateOf(text);
  if (column !== 'created_at' && column !== 'updated_at') return text;
  const instant = parseInstant(text);
  if (instant === undefined)
    throw invalidArgument(`filters: ${column} ${quote(text)} is not an RFC 3339 time`);
  return instant;
}

function stateOf(text: string): number {
  const name = text.toUpperCase().replace(/^PROJECT_STATE_/, '');
  for (const [key, value] of Object.entries(ProjectState)) {
    if (typeof value === 'number' && (text === String(value) || name === key)) return value;
  }
  throw invalidArgument(
    `filters: state ${quote(text)} is unknown; known are 0 (ACTIVE), 1 (ARCHIVED), 2 (SYSTEM_GENERATED), 3 (SYSTEM_ARCHIVED)`,
  );
}

function unescaped(raw: string): string {
  let text = raw;
  try {
    text = decodeURIComponent(raw);
  } catch {
    // A lone '%' stands for itself.
  }
  if (text.includes('\0')) throw invalidArgument('filters must not contain NUL characters');
  return text;
}
