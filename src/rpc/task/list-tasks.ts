import { create, fromBinary } from '@bufbuild/protobuf';
import {
  type LatestRunSummary,
  type Task,
  TaskMetadataSchema,
  TaskSchema,
  type TaskTriggersSummary,
} from '../../gen/flyteidl2/task/task_definition_pb.js';
import {
  type ListTasksRequest,
  ListTasksResponseSchema,
  type ListVersionsRequest,
  type ListVersionsResponse_VersionResponse,
  ListVersionsResponse_VersionResponseSchema,
  ListVersionsResponseSchema,
} from '../../gen/flyteidl2/task/task_service_pb.js';
import {
  countTasks,
  listTasks as readTasks,
  listVersions as readVersions,
  type TaskListQuery,
  type TaskListRow,
} from '../../repository/tasks-list.ts';
import { latestRuns, triggersSummaries } from '../../repository/tasks-summaries.ts';
import { taskIdentifier } from '../../repository/triggers-run.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { orgKey } from '../../runs/identity.ts';
import { checkPlainText } from '../../runs/names.ts';
import type { CallContext, TriggerDeps } from '../trigger/deps.ts';

/**
 * TaskService.ListTasks: each task in its latest version, with its newest run and its triggers; a filter on versions lists the versions
 * that meet it instead. The totals count tasks, not versions: those of the scope, and those that meet the filters as well.
 */
export function listTasks(deps: TriggerDeps) {
  return async (request: ListTasksRequest, context?: CallContext) => {
    const { org, project } = scopeOf(request.scopeBy);
    for (const text of [org, ...Object.values(project ?? {})]) checkPlainText(text, 'the scope');
    const query: TaskListQuery = {
      orgKey: orgKey(deps.organizations, org),
      project,
      ...knownFilters(request.knownFilters),
      request: request.request,
      maxScan: deps.maxScan,
      signal: context?.signal,
    };
    const { rows, token } = await readTasks(deps.dialect, query);
    const [runs, triggers, counted] = await Promise.all([
      latestRuns(deps.dialect, query.orgKey, rows.map(withoutVersion)),
      triggersSummaries(deps.dialect, query.orgKey, rows.map(withoutVersion)),
      countTasks(deps.dialect, query),
    ]);
    return create(ListTasksResponseSchema, {
      tasks: rows.map((row, i) => taskMessage(row, triggers[i], runs[i])),
      token,
      metadata: { total: counted.total, filteredTotal: counted.filtered },
    });
  };
}

/** TaskService.ListVersions: the versions of a task, the newest first unless the request says otherwise. */
export function listVersions(deps: TriggerDeps) {
  return async ({ taskName, request }: ListVersionsRequest, context?: CallContext) => {
    if (taskName === undefined) throw invalidArgument('task_name must be set');
    const { org, project, domain, name } = taskName;
    for (const text of [org, project, domain, name]) checkPlainText(text, 'task_name');
    const org_key = orgKey(deps.organizations, org);
    const query = { request, maxScan: deps.maxScan, signal: context?.signal };
    const { rows, token } = await readVersions(deps.dialect, { org_key, project, domain, name }, query);
    const runs = await latestRuns(deps.dialect, org_key, rows);
    return create(ListVersionsResponseSchema, {
      versions: rows.map((row, i) => versionMessage(row, runs[i])),
      token,
    });
  };
}

function withoutVersion({ project, domain, name }: TaskListRow) {
  return { project, domain, name };
}

function taskMessage(
  row: TaskListRow,
  triggersSummary: TaskTriggersSummary | undefined,
  latestRun: LatestRunSummary | undefined,
): Task {
  const metadata = fromBinary(TaskMetadataSchema, row.metadata);
  if (triggersSummary) metadata.triggersSummary = triggersSummary;
  return create(TaskSchema, {
    taskId: taskIdentifier(row),
    metadata,
    ...(latestRun ? { taskSummary: { latestRun } } : {}),
  });
}

function versionMessage(
  row: TaskListRow,
  latestRun: LatestRunSummary | undefined,
): ListVersionsResponse_VersionResponse {
  const { deployedAt, deployedBy } = fromBinary(TaskMetadataSchema, row.metadata);
  return create(ListVersionsResponse_VersionResponseSchema, {
    version: row.version,
    ...(deployedAt ? { deployedAt } : {}),
    ...(deployedBy ? { deployedBy } : {}),
    ...(latestRun ? { latestRun } : {}),
  });
}

function scopeOf(by: ListTasksRequest['scopeBy']): Pick<TaskListQuery, 'project'> & { org: string } {
  switch (by.case) {
    case 'org':
      return { org: by.value };
    case 'projectId': {
      const { organization, name, domain } = by.value;
      return { org: organization, project: { project: name, domain } };
    }
    default:
      throw invalidArgument('one of org and project_id must be set');
  }
}

function knownFilters(
  filters: ListTasksRequest['knownFilters'],
): Pick<TaskListQuery, 'deployedBy' | 'entrypoint'> {
  const found: { deployedBy?: string; entrypoint?: boolean } = {};
  for (const { filterBy } of filters) {
    if (filterBy.case === undefined) continue;
    if (Object.hasOwn(found, filterBy.case) || (filterBy.case === 'isEntrypoint' && 'entrypoint' in found))
      throw invalidArgument('known_filters has two entries of the same kind; one of each is allowed');
    if (filterBy.case === 'deployedBy') {
      checkPlainText(filterBy.value, 'known_filters.deployed_by');
      found.deployedBy = filterBy.value;
    } else {
      found.entrypoint = filterBy.value;
    }
  }
  return found;
}
