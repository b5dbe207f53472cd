import type { Row } from '../../src/repository/schema.ts';

/** What a list should answer, worked out over rows in memory by code that shares nothing with the service's. */
export type Value = string | number | null;

/** A field as the contract's users see it: its value in a row, numbers of enums, and whether '' is a value. */
export interface OracleField<R> {
  readonly name: string;
  readonly value: (row: R) => Value;
  readonly numbers?: Readonly<Record<string, number>>;
}

const PHASE_NUMBERS = {
  QUEUED: 1,
  WAITING_FOR_RESOURCES: 2,
  INITIALIZING: 3,
  RUNNING: 4,
  SUCCEEDED: 5,
  FAILED: 6,
  ABORTED: 7,
  TIMED_OUT: 8,
  PAUSED: 9,
  RECOVERED: 10,
};
const TYPE_NUMBERS = { TASK: 1, TRACE: 2, CONDITION: 3 };
const SOURCE_NUMBERS = {
  UNSPECIFIED: 0,
  WEB: 1,
  CLI: 2,
  SCHEDULE_TRIGGER: 3,
  TRACKED: 4,
  ARTIFACT_TRIGGER: 5,
};

const label = (key: string) => (row: Row<'runs'>) =>
  new Map(Object.entries<string>(JSON.parse(row.labels))).get(key) ?? null;
const text = (value: string | null) => value || null;

export const runFields: OracleField<Row<'runs'>>[] = [
  { name: 'phase', value: (r) => r.phase, numbers: PHASE_NUMBERS },
  { name: 'name', value: (r) => r.name },
  { name: 'RUN_NAME', value: (r) => r.name },
  { name: 'task_name', value: (r) => text(r.task_name) },
  { name: 'task_version', value: (r) => text(r.task_version) },
  { name: 'action_type', value: () => 'TASK', numbers: TYPE_NUMBERS },
  { name: 'parent_name', value: () => null },
  { name: 'run_source', value: (r) => r.source, numbers: SOURCE_NUMBERS },
  { name: 'trigger_name', value: (r) => text(r.trigger_name) },
  { name: 'created_by', value: (r) => text(r.created_by_principal) },
  { name: 'created_at', value: (r) => r.created_at },
  { name: 'updated_at', value: (r) => r.updated_at },
  { name: 'start_time', value: (r) => r.start_time },
  { name: 'ended_at', value: (r) => r.end_time },
  { name: 'duration_ms', value: (r) => r.duration_ms },
  { name: 'function_name', value: (r) => text(r.function_name) },
  { name: 'environment_name', value: (r) => text(r.environment_name) },
  { name: 'labels.team', value: label('team') },
  { name: 'Labels.a.b%', value: label('a.b%') },
];

export const actionFields: OracleField<Row<'actions'>>[] = [
  { name: 'phase', value: (r) => r.phase, numbers: PHASE_NUMBERS },
  { name: 'name', value: (r) => r.name },
  { name: 'run_name', value: (r) => r.run_name },
  { name: 'task_name', value: (r) => text(r.task_name) },
  { name: 'task_version', value: (r) => text(r.task_version) },
  { name: 'action_type', value: (r) => r.action_type, numbers: TYPE_NUMBERS },
  { name: 'parent_name', value: (r) => text(r.parent_action_name) },
  { name: 'group', value: (r) => text(r.group_name) },
  { name: 'created_by', value: (r) => text(r.created_by_principal) },
  { name: 'created_at', value: (r) => r.created_at },
  { name: 'updated_at', value: (r) => r.updated_at },
  { name: 'start_time', value: (r) => r.start_time },
  { name: 'ended_at', value: (r) => r.end_time },
  { name: 'duration_ms', value: (r) => r.duration_ms },
  { name: 'function_name', value: (r) => text(r.function_name) },
];

/** All functions of the contract, by number. */
export const FUNCTIONS = {
  EQUAL: 0,
  NOT_EQUAL: 1,
  GREATER_THAN: 2,
  GREATER_THAN_OR_EQUAL: 3,
  LESS_THAN: 4,
  LESS_THAN_OR_EQUAL: 5,
  CONTAINS: 6,
  VALUE_IN: 7,
  VALUE_NOT_IN: 9,
  ENDS_WITH: 12,
  NOT_ENDS_WITH: 13,
  CONTAINS_CASE_INSENSITIVE: 14,
  EXISTS: 15,
  NOT_EXISTS: 16,
} as const;
export type FunctionName = keyof typeof FUNCTIONS;

/** Whether a value meets a filter. */
export function meets<R>(field: OracleField<R>, fn: FunctionName, values: readonly Value[], row: R): boolean {
  const value = field.value(row);
  const negated = {
    NOT_EQUAL: 'EQUAL',
    VALUE_NOT_IN: 'VALUE_IN',
    NOT_ENDS_WITH: 'ENDS_WITH',
    NOT_EXISTS: 'EXISTS',
  } as const;
  if (fn in negated) return !meets(field, negated[fn as keyof typeof negated], values, row);
  if (value === null) return false;
  const wanted = String(values[0]);
  const sized = (v: Value) => (field.numbers ? (field.numbers[String(v)] ?? -1) : v);
  switch (fn) {
    case 'EXISTS':
      return true;
    case 'EQUAL':
    case 'VALUE_IN':
      return values.some((v) => v === value);
    case 'CONTAINS':
      return String(value).indexOf(wanted) >= 0;
    case 'CONTAINS_CASE_INSENSITIVE':
      return String(value).toLowerCase().indexOf(wanted.toLowerCase()) >= 0;
    case 'ENDS_WITH':
      return String(value).slice(String(value).length - wanted.length) === wanted;
    case 'GREATER_THAN':
      return byCodePoints(sized(value), sized(values[0] ?? null)) > 0;
    case 'GREATER_THAN_OR_EQUAL':
      return byCodePoints(sized(value), sized(values[0] ?? null)) >= 0;
    case 'LESS_THAN':
      return byCodePoints(sized(value), sized(values[0] ?? null)) < 0;
    default:
      return byCodePoints(sized(value), sized(values[0] ?? null)) <= 0;
  }
}

/** The order of values: missing ones first, numbers by size, text by its UTF-8 bytes. */
export function byCodePoints(a: Value, b: Value): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

/** Sorts rows by several keys, each ascending or descending. */
export function sortedBy<R>(
  rows: readonly R[],
  keys: readonly { value: (row: R) => Value; descending: boolean }[],
): R[] {
  return [...rows].sort((a, b) => {
    for (const { value, descending } of keys) {
      const difference = byCodePoints(value(a), value(b));
      if (difference !== 0) return descending ? -difference : difference;
    }
    return 0;
  });
}
