import { ActionType, RunSource } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { PHASES, parsePhase, phaseNumber } from './phase.ts';

/** The values of an enum as the database holds them (names without prefix), in the order of their numbers. */
export interface EnumValues {
  readonly names: readonly string[];
  numberOf(name: string): number;
  /** Reads a number or a name, with or without prefix, in any case; undefined for what is neither. */
  parse(text: string): string | undefined;
}

/** A field that lists can be filtered by, and perhaps sorted by. */
export interface ListField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: 'text' | 'time' | 'int' | 'enum' | 'label';
  readonly values?: EnumValues | undefined;
  /** The column that holds it. Missing where every row has the same value, `constant`. */
  readonly column?: string | undefined;
  readonly constant?: string | null;
  readonly sortable: boolean;
  /** Whether equality, ranges and VALUE_IN find their rows without looking at all others. */
  readonly indexed: boolean;
}

/** The fields of one kind of list, and what stands behind those of the request in every order: unique columns. */
export interface FieldTable {
  readonly what: string;
  readonly fields: readonly ListField[];
  /** Follows `created_at`, which commits of several rows share. */
  readonly createdTies: readonly string[];
  /** Follows every other field that is not unique. */
  readonly ties: readonly string[];
}

const phases: EnumValues = {
  names: [...PHASES].sort((a, b) => phaseNumber(a) - phaseNumber(b)),
  numberOf: (name) => phaseNumber(name as (typeof PHASES)[number]),
  parse: parsePhase,
};
const actionTypes = enumValues('ACTION_TYPE_', {
  TASK: ActionType.TASK,
  TRACE: ActionType.TRACE,
  CONDITION: ActionType.CONDITION,
});
const runSources = enumValues('RUN_SOURCE_', {
  UNSPECIFIED: RunSource.UNSPECIFIED,
  WEB: RunSource.WEB,
  CLI: RunSource.CLI,
  SCHEDULE_TRIGGER: RunSource.SCHEDULE_TRIGGER,
  TRACKED: RunSource.TRACKED,
  ARTIFACT_TRIGGER: RunSource.ARTIFACT_TRIGGER,
});

const indexed = { indexed: true };
const sorted = { indexed: true, sortable: true };

/** What ListRuns knows of a run. */
export const RUN_FIELDS: FieldTable = {
  what: 'runs',
  createdTies: ['name', 'id'],
  ties: ['id'],
  fields: [
    field('phase', 'enum', 'phase', { values: phases, ...sorted }),
    field('name', 'text', 'name', { aliases: ['run_name'], ...sorted }),
    field('task_name', 'text', 'task_name', indexed),
    field('task_version', 'text', 'task_version', indexed),
    // A run is shown by its root action, which is a task without a parent.
    field('action_type', 'enum', undefined, { values: actionTypes, constant: 'TASK' }),
    field('parent_name', 'text', undefined, { constant: null }),
    field('run_source', 'enum', 'source', { aliases: ['source'], values: runSources }),
    field('trigger_name', 'text', 'trigger_name', indexed),
    field('created_by', 'text', 'created_by_principal', indexed),
    field('created_at', 'time', 'created_at', sorted),
    field('updated_at', 'time', 'updated_at', sorted),
    field('start_time', 'time', 'start_time'),
    field('ended_at', 'time', 'end_time', { aliases: ['end_time'], ...sorted }),
    field('duration_ms', 'int', 'duration_ms', sorted),
    field('function_name', 'text', 'function_name'),
    field('environment_name', 'text', 'environment_name'),
    field('labels.<key>', 'label', 'labels', indexed),
  ],
};

/** What ListActions knows of an action; its run bounds the rows, so everything can be found and sorted. */
export const ACTION_FIELDS: FieldTable = {
  what: 'actions',
  createdTies: ['name'],
  ties: ['name'],
  fields: [
    field('phase', 'enum', 'phase', { values: phases, ...sorted }),
    field('name', 'text', 'name', sorted),
    field('run_name', 'text', 'run_name', indexed),
    field('task_name', 'text', 'task_name', indexed),
    field('task_version', 'text', 'task_version', indexed),
    field('action_type', 'enum', 'action_type', { values: actionTypes, ...sorted }),
    field('parent_name', 'text', 'parent_action_name', { aliases: ['parent_action_name'], ...indexed }),
    field('group', 'text', 'group_name', { aliases: ['group_name'], ...sorted }),
    field('created_by', 'text', 'created_by_principal', indexed),
    field('created_at', 'time', 'created_at', sorted),
    field('updated_at', 'time', 'updated_at', sorted),
    field('start_time', 'time', 'start_time', sorted),
    field('ended_at', 'time', 'end_time', { aliases: ['end_time'], ...sorted }),
    field('duration_ms', 'int', 'duration_ms', sorted),
    field('function_name', 'text', 'function_name', sorted),
  ],
};

function field(
  name: string,
  type: ListField['type'],
  column: string | undefined,
  more: Partial<ListField> = {},
): ListField {
  return { name, type, column, aliases: [], sortable: false, indexed: false, ...more };
}

function enumValues(prefix: string, numbers: Readonly<Record<string, number>>): EnumValues {
  const names = Object.keys(numbers);
  return {
    names,
    numberOf: (name) => numbers[name] ?? -1,
    parse(text) {
      const upper = text.toUpperCase();
      const bare = upper.startsWith(prefix) ? upper.slice(prefix.length) : upper;
      return names.find((name) => name === bare || String(numbers[name]) === text);
    },
  };
}
