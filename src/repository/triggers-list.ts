import type { ListRequest } from '../gen/flyteidl2/common/list_pb.js';
import { equals } from '../runs/filter-condition.ts';
import { REVISION_FIELDS, TRIGGER_FIELDS } from '../runs/task-fields.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { ListTable } from './read/list-indexes.ts';
import { type Page, readPage } from './read/list-page.ts';
import { columnNames } from './schema.ts';
import type { TriggerRevisionRow, TriggerRow } from './triggers.ts';

const newest = ['created_at', 'name', 'id'];

/** Triggers; every list gives `org_key` and `deleted`. */
const TRIGGERS: ListTable = {
  table: 'triggers',
  standIns: {},
  indexes: [
    { name: 'triggers_task', columns: ['project', 'domain', 'task_name', ...newest] },
    { name: 'triggers_project_created', columns: ['project', 'domain', ...newest] },
    { name: 'triggers_created', columns: newest },
  ],
};

/** Revisions; every list gives `trigger_id`. */
const REVISIONS: ListTable = {
  table: 'trigger_revisions',
  standIns: {},
  indexes: [{ columns: ['revision'] }],
};

const SPECS = new Set(['spec']);
const COLUMNS = columnNames('triggers').filter((column) => !SPECS.has(column));
const REVISION_COLUMNS = columnNames('trigger_revisions').filter((column) => !SPECS.has(column));

/** A row of `triggers` as lists show it: without its spec, which can be large. */
export type TriggerListRow = Omit<TriggerRow, 'spec'>;

/** A row of `trigger_revisions` as lists show it. */
export type TriggerRevisionListRow = Omit<TriggerRevisionRow, 'spec'>;

/** What every list of triggers needs to know. */
export interface TriggerListQuery {
  readonly request: ListRequest | undefined;
  /** Rows that the call may look at for filters that no index can answer. */
  readonly maxScan: number;
  readonly signal?: AbortSignal | undefined;
}

/** Which triggers a list is about: columns with the values that they must have. */
export type TriggerScope = Partial<Pick<TriggerRow, 'project' | 'domain' | 'task_name' | 'task_version'>>;

/** A page of triggers that are not deleted, the newest first unless the request says otherwise. */
export function listTriggers(
  dialect: Dialect,
  orgKey: string,
  scope: TriggerScope,
  query: TriggerListQuery,
): Promise<Page<TriggerListRow>> {
  return readPage<TriggerListRow>(dialect, {
    table: TRIGGERS,
    fields: TRIGGER_FIELDS,
    base: [
      { column: 'org_key', value: orgKey },
      { column: 'deleted', value: 0 },
    ],
    scope: Object.entries(scope).map(([column, value]) => equals(column, value)),
    columns: COLUMNS,
    ...query,
  });
}

/** A page of a trigger's revisions, the newest first unless the request says otherwise. */
export function listRevisions(
  dialect: Dialect,
  triggerId: number,
  query: TriggerListQuery,
): Promise<Page<TriggerRevisionListRow>> {
  return readPage<TriggerRevisionListRow>(dialect, {
    table: REVISIONS,
    fields: REVISION_FIELDS,
    base: [{ column: 'trigger_id', value: triggerId }],
    scope: [],
    columns: REVISION_COLUMNS,
    ...query,
  });
}
