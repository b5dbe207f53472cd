import { create } from '@bufbuild/protobuf';
import {
  type WatchClusterEventsRequest,
  type WatchClusterEventsResponse,
  WatchClusterEventsResponseSchema,
} from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { findActionId } from '../../repository/read/find.ts';
import { actionNotFound, type RunKind } from '../../repository/write/commands/find.ts';
import { notFound } from '../../runs/errors.ts';
import { actionText } from '../../runs/identity.ts';
import { quote } from '../../runs/names.ts';
import { namedAction } from './deps.ts';
import type { WatchContext, WatchDeps } from './watch-deps.ts';

/** WatchClusterEvents: what the cluster reported about one attempt, from its first event until the attempt has ended. */
export function watchClusterEvents(deps: WatchDeps, kind: RunKind) {
  return async function* (
    { id, attempt }: WatchClusterEventsRequest,
    { signal }: WatchContext,
  ): AsyncGenerator<WatchClusterEventsResponse> {
    const { key, stored } = namedAction(deps, kind, id);
    const { actionId } = await findActionId(deps.dialect.reader, kind, key, stored);
    const events = deps.watch.events(actionId, attempt, signal);
    try {
      for (;;) {
        const next = await events.next();
        if (!next.done) {
          yield create(WatchClusterEventsResponseSchema, { clusterEvents: next.value });
          continue;
        }
        if (next.value === 'no action') throw actionNotFound(key);
        if (next.value === 'no attempt') {
          throw notFound(`action ${quote(actionText(key))} ended without an attempt ${attempt}`);
        }
        return;
      }
    } finally {
      await events.return(undefined);
    }
  };
}
