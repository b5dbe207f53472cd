import type {
  WatchActionDetailsRequest,
  WatchActionDetailsResponse,
} from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { findActionId } from '../../repository/read/find.ts';
import { actionNotFound, type RunKind } from '../../repository/write/commands/find.ts';
import { detailsResponse } from '../../watch/encoded-details.ts';
import { namedAction } from './deps.ts';
import type { WatchContext, WatchDeps } from './watch-deps.ts';

/** WatchActionDetails of both run services: what GetActionDetails answers, at once and after each change, until the action has ended. */
export function watchActionDetails(deps: WatchDeps, kind: RunKind) {
  return async function* (
    { actionId: id }: WatchActionDetailsRequest,
    { signal }: WatchContext,
  ): AsyncGenerator<WatchActionDetailsResponse> {
    const { key, stored } = namedAction(deps, kind, id);
    const { actionId } = await findActionId(deps.dialect.reader, kind, key, stored);
    for await (const details of deps.watch.details(actionId, signal)) {
      if (details === undefined) throw actionNotFound(key);
      yield detailsResponse(details);
      if (details.ended) return;
    }
  };
}
