import type { Condition } from '../../runs/filter-condition.ts';

/** An index as the planner of lists knows it; the migrations make them. */
export interface ListIndex {
  /** Missing where the two databases name it differently: it comes from a constraint. */
  readonly name?: string;
  /** Its columns after those that every list of the table gives a value. */
  readonly columns: readonly string[];
  readonly partial?: {
    /** The index's own condition, as SQL. */
    readonly where: string;
    /** The condition of a list without which the index can't serve it. Missing where its first column's value already implies it. */
    readonly needs?: (condition: Condition) => boolean;
  };
}

/** A table that lists read. */
export interface ListTable {
  readonly table: 'runs' | 'actions' | 'tasks' | 'triggers' | 'trigger_revisions';
  /** The index entries that follow each other in a list: those that are likely to find the fewest rows come first. */
  readonly indexes: readonly ListIndex[];
  /** Columns that hold nothing for some rows and are sorted by: the stand-in comes before all values. */
  readonly standIns: Readonly<Record<string, string | number>>;
}

const newest = ['created_at', 'name', 'id'];
const standIns = { end_time: '0001-01-01T00:00:00.000000Z', duration_ms: -1 };

/** Runs; every list gives `org_key` and `kind`. */
export const RUN_LISTS: ListTable = {
  table: 'runs',
  standIns,
  indexes: [
    {
      name: 'runs_paused',
      columns: newest,
      partial: { where: 'paused_actions > 0', needs: ({ bound }) => bound?.kind === 'paused' },
    },
    { name: 'runs_name', columns: ['name', 'id'] },
    {
      name: 'runs_trigger',
      columns: ['trigger_name', ...newest],
      partial: { where: 'trigger_name is not null' },
    },
    { name: 'runs_task_version', columns: ['task_version', ...newest] },
    {
      name: 'runs_created_by',
      columns: ['created_by_principal', ...newest],
      partial: { where: 'created_by_principal is not null' },
    },
    { name: 'runs_task', columns: ['task_name', ...newest] },
    { name: 'runs_project_phase', columns: ['project', 'domain', 'phase', ...newest] },
    { name: 'runs_phase', columns: ['phase', ...newest] },
    { name: 'runs_project_created', columns: ['project', 'domain', ...newest] },
    { name: 'runs_updated', columns: ['updated_at', 'id'] },
    { name: 'runs_ended', columns: ['end_time', 'id'] },
    { name: 'runs_duration', columns: ['duration_ms', 'id'] },
    { name: 'runs_created', columns: newest },
  ],
};

/** Actions; every list gives `run_id`. */
export const ACTION_LISTS: ListTable = {
  table: 'actions',
  standIns,
  indexes: [
    {
      name: 'actions_conditions',
      columns: ['created_at', 'name'],
      partial: {
        where: "action_type = 'CONDITION'",
        needs: ({ column, bound }) =>
          column === 'action_type' &&
          bound?.kind === 'in' &&
          bound.values.every((value) => value === 'CONDITION'),
      },
    },
    { columns: ['name'] },
    { name: 'actions_parent', columns: ['parent_action_name', 'created_at', 'name'] },
    { name: 'actions_created', columns: ['created_at', 'name'] },
  ],
};
