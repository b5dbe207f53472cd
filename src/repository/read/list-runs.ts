import type { ListRequest } from '../../gen/flyteidl2/common/list_pb.js';
import { type Condition, equals, hasPausedActions } from '../../runs/filter-condition.ts';
import { RUN_FIELDS } from '../../runs/filter-fields.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { RunKind } from '../write/commands/find.ts';
import { RUN_LISTS } from './list-indexes.ts';
import { type Page, readPage } from './list-page.ts';
import type { ListBounds } from './list-walk.ts';
import { RUN_MESSAGE_COLUMNS, type RunMessageRow } from './run-message.ts';

/** Which runs a list is about, next to its organization: all, those of a project, of a trigger, or of a task (of one version). */
export type RunScope =
  | { readonly by: 'org' }
  | { readonly by: 'project'; readonly project: string; readonly domain: string }
  | {
      readonly by: 'trigger';
      readonly project: string;
      readonly domain: string;
      readonly name: string;
      readonly taskName: string;
    }
  | {
      readonly by: 'task';
      readonly project: string;
      readonly domain: string;
      readonly name: string;
      readonly version?: string | undefined;
    };

/** A list of runs. */
export interface RunListQuery {
  readonly kind: RunKind;
  /** Empty where organizations are shared. */
  readonly orgKey: string;
  readonly scope: RunScope;
  readonly pausedOnly: boolean;
  readonly request: ListRequest | undefined;
  /** Rows that the call may look at for filters that no index can answer. */
  readonly maxScan: number;
  readonly bounds?: ListBounds | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A page of runs as rows; `readPage` says what it guarantees. */
export function readRunPage(dialect: Dialect, query: RunListQuery): Promise<Page<RunMessageRow>> {
  return readPage<RunMessageRow>(dialect, {
    table: RUN_LISTS,
    fields: RUN_FIELDS,
    base: [
      { column: 'org_key', value: query.orgKey },
      { column: 'kind', value: query.kind },
    ],
    scope: [...scopeConditions(query.scope), ...(query.pausedOnly ? [hasPausedActions] : [])],
    request: query.request,
    columns: RUN_MESSAGE_COLUMNS,
    maxScan: query.maxScan,
    bounds: query.bounds,
    signal: query.signal,
  });
}

function scopeConditions(scope: RunScope): Condition[] {
  switch (scope.by) {
    case 'org':
      return [];
    case 'project':
      return [equals('project', scope.project), equals('domain', scope.domain)];
    case 'trigger':
      return [
        equals('trigger_name', scope.name),
        equals('trigger_project', scope.project),
        equals('trigger_domain', scope.domain),
        equals('trigger_task_name', scope.taskName),
      ];
    case 'task':
      return [
        equals('task_name', scope.name),
        equals('task_project', scope.project),
        equals('task_domain', scope.domain),
        ...(scope.version === undefined ? [] : [equals('task_version', scope.version)]),
      ];
  }
}
