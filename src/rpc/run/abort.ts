import type { AbortActionRequest, AbortRunRequest } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { abortTree } from '../../repository/write/commands/abort.ts';
import type { RunKind } from '../../repository/write/commands/find.ts';
import { ROOT_ACTION } from '../../runs/identity.ts';
import { anonymousBytes, namedAction, namedRun, type RunDeps } from './deps.ts';

/** AbortRun of both run services: the root action and everything unfinished below it. A finished run stays as it is; the call succeeds. */
export function abortRun(deps: RunDeps, kind: RunKind) {
  return async ({ runId, reason }: AbortRunRequest) => {
    const { key, stored } = namedRun(deps, kind, runId);
    const abort = {
      key: { run: key, name: ROOT_ACTION },
      stored,
      kind,
      reason: cleanReason(reason ?? ''),
      by: anonymousBytes,
    };
    await deps.writer.exclusive(abortTree(deps.dialect, abort));
    return {};
  };
}

/** RunService.AbortAction: the action and everything unfinished below it. */
export function abortAction(deps: RunDeps) {
  return async ({ actionId, reason }: AbortActionRequest) => {
    const named = namedAction(deps, 'RUN', actionId);
    await deps.writer.exclusive(
      abortTree(deps.dialect, { ...named, reason: cleanReason(reason), by: anonymousBytes }),
    );
    return {};
  };
}

const MAX_REASON = 10_000;

/** A reason as its column can hold it. */
export function cleanReason(reason: string): string {
  return reason.replaceAll('\u0000', '').slice(0, MAX_REASON);
}
