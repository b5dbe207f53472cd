import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { useMemo, useState } from 'react';
import { Filter_Function } from '../../../src/gen/flyteidl2/common/list_pb.js';
import type { TaskGroup } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { WatchGroupsResponse } from '../../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { api } from '../api/clients.ts';
import { projectId, type Scope } from '../api/scope.ts';
import { useFrameStore, usePageStream } from '../api/use-page-stream.ts';
import { GroupsStore } from '../runs/groups-store.ts';

const WEEK_MS = 7 * 86_400_000;

/** Numbers of the runs of the last seven days by name of task, live: the page's one stream. With `task` of this one only. */
export function useGroups(scope: Scope, task?: string): ReadonlyMap<string, TaskGroup> {
  const [store] = useState(() => new GroupsStore());
  usePageStream<WatchGroupsResponse>(JSON.stringify([scope.project, scope.domain, task ?? null]), {
    open: (signal) =>
      api.runs.watchGroups(
        {
          scopeBy: { case: 'projectId', value: projectId(scope) },
          startDate: timestampFromMs(Date.now() - WEEK_MS),
          request: {
            filters:
              task === undefined
                ? []
                : [{ field: 'task_name', function: Filter_Function.EQUAL, values: [task] }],
          },
        },
        { signal, timeoutMs: 0 },
      ),
    onMessage: (message, first) => store.stream(message, first),
  });
  const version = useFrameStore(store.frame);
  return useMemo(() => {
    void version;
    return new Map(store.groups().map((group) => [group.taskName, group]));
  }, [store, version]);
}
