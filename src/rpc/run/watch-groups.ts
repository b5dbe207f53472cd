import { create } from '@bufbuild/protobuf';
import {
  type WatchGroupsRequest,
  type WatchGroupsResponse,
  WatchGroupsResponseSchema,
} from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { parseGroupsRequest } from './watch-groups-request.ts';
import type { WatchContext, WatchDeps } from './watch-deps.ts';

/** WatchGroups: the runs of a project and period summed up per task, a sentinel, then the groups that change; none, if the period has an end. */
export function watchGroups(deps: WatchDeps) {
  return async function* (
    request: WatchGroupsRequest,
    { signal }: WatchContext,
  ): AsyncGenerator<WatchGroupsResponse> {
    for await (const { groups, sentinel } of deps.watch.groups(parseGroupsRequest(deps, request), signal)) {
      yield create(WatchGroupsResponseSchema, { taskGroups: [...groups], sentinel });
    }
  };
}
