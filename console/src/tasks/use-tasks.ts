import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Filter_Function } from '../../../src/gen/flyteidl2/common/list_pb.js';
import { api } from '../api/clients.ts';
import { taskClient } from '../api/task-client.ts';
import { organization } from '../api/organization.ts';
import { nameContains } from '../api/name-filter.ts';
import { projectId, type Scope } from '../api/scope.ts';

const PAGE = 100;

/** Deployed tasks, each in its newest version, page by page; `q` is part of a name. Read anew every half minute. */
export function useTasks(scope: Scope, q: string | undefined) {
  return useInfiniteQuery({
    queryKey: ['tasks', scope.project, scope.domain, q ?? ''],
    initialPageParam: '',
    queryFn: ({ signal, pageParam }) =>
      taskClient.listTasks(
        {
          scopeBy: { case: 'projectId', value: projectId(scope) },
          request: {
            limit: PAGE,
            token: pageParam,
            filters: nameContains(q),
          },
        },
        { signal },
      ),
    getNextPageParam: ({ token }) => token || undefined,
    refetchInterval: 30_000,
  });
}

/** Versions of a task, the newest first, page by page. */
export function useVersions(scope: Scope, name: string) {
  return useInfiniteQuery({
    queryKey: ['task-versions', scope.project, scope.domain, name],
    initialPageParam: '',
    queryFn: ({ signal, pageParam }) =>
      taskClient.listVersions(
        {
          taskName: { org: organization(), ...scope, name },
          request: { limit: PAGE, token: pageParam },
        },
        { signal },
      ),
    getNextPageParam: ({ token }) => token || undefined,
    refetchInterval: 30_000,
  });
}

/** A version of a task with its spec, which never changes; undefined while no version is known. */
export function useTaskDetails(scope: Scope, name: string, version: string | undefined) {
  return useQuery({
    queryKey: ['task-details', scope.project, scope.domain, name, version ?? ''],
    enabled: version !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const taskId = { org: organization(), ...scope, name, version: version ?? '' };
      return (await taskClient.getTaskDetails({ taskId }, { signal })).details;
    },
  });
}

/** The newest runs of a task; `changed` asks for them again when it changes. */
export function useTaskRuns(scope: Scope, name: string, changed: string) {
  return useQuery({
    queryKey: ['task-runs', scope.project, scope.domain, name, changed],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      api.runs.listRuns(
        {
          scopeBy: { case: 'projectId', value: projectId(scope) },
          request: {
            limit: 20,
            filters: [{ field: 'task_name', function: Filter_Function.EQUAL, values: [name] }],
          },
        },
        { signal },
      ),
  });
}
