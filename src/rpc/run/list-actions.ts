import type { HandlerContext } from '@connectrpc/connect';
import type { ListActionsRequest } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { readActionPage } from '../../repository/read/list-actions.ts';
import type { RunKind } from '../../repository/write/commands/find.ts';
import { checkPlainText } from '../../runs/names.ts';
import { namedRun } from './deps.ts';
import type { ListDeps } from './list-runs.ts';

/** ListActions of both run services: the actions of a run of its own kind. */
export function listActions(deps: ListDeps, kind: RunKind) {
  return async ({ runId, request }: ListActionsRequest, context?: Pick<HandlerContext, 'signal'>) => {
    const run = namedRun(deps, kind, runId);
    for (const text of Object.values(run.key)) checkPlainText(text, 'run_id');
    return readActionPage(deps.dialect, {
      ...run,
      request,
      maxScan: deps.maxScan,
      signal: context?.signal,
    });
  };
}
