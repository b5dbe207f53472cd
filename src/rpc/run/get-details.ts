import type {
  GetActionDetailsRequest,
  GetRunDetailsRequest,
} from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { readActionDetails, readRunDetails } from '../../repository/read/details.ts';
import { findActionId, findRunId } from '../../repository/read/find.ts';
import { actionNotFound, type RunKind, runNotFound } from '../../repository/write/commands/find.ts';
import { namedAction, namedRun, type RunDeps } from './deps.ts';

/** GetRunDetails of both run services. */
export function getRunDetails(deps: Pick<RunDeps, 'dialect' | 'organizations'>, kind: RunKind) {
  return async ({ runId }: GetRunDetailsRequest) => {
    const { key, stored } = namedRun(deps, kind, runId);
    const details = await readRunDetails(
      deps.dialect,
      await findRunId(deps.dialect.reader, kind, key, stored),
    );
    if (details === undefined) throw runNotFound(kind, key);
    return { details };
  };
}

/** GetActionDetails of both run services. */
export function getActionDetails(deps: Pick<RunDeps, 'dialect' | 'organizations'>, kind: RunKind) {
  return async ({ actionId: id }: GetActionDetailsRequest) => {
    const { key, stored } = namedAction(deps, kind, id);
    const { actionId } = await findActionId(deps.dialect.reader, kind, key, stored);
    const details = await readActionDetails(deps.dialect, actionId);
    if (details === undefined) throw actionNotFound(key);
    return { details };
  };
}
