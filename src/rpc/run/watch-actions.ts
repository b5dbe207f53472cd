import type {
  WatchActionsRequest,
  WatchActionsResponse,
} from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { findRunId } from '../../repository/read/find.ts';
import type { RunKind } from '../../repository/write/commands/find.ts';
import { parseTreeFilter } from '../../watch/tree-filter.ts';
import { namedRun } from './deps.ts';
import type { WatchContext, WatchDeps } from './watch-deps.ts';

/**
 * WatchActions of both run services: the tree of a run, then what changes in it. It stays open after the run has ended, because
 * reports may come late; callers hang up when they have seen enough.
 */
export function watchActions(deps: WatchDeps, kind: RunKind) {
  return async function* (
    { runId, filter }: WatchActionsRequest,
    { signal }: WatchContext,
  ): AsyncGenerator<WatchActionsResponse> {
    const parsed = parseTreeFilter(filter);
    const { key, stored } = namedRun(deps, kind, runId);
    const id = await findRunId(deps.dialect.reader, kind, key, stored);
    for await (const { response } of deps.watch.tree(id, parsed, signal)) yield response;
  };
}
