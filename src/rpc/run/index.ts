import type { ServiceImpl } from '@connectrpc/connect';
import type { RunService } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { abortAction, abortRun } from './abort.ts';
import { createRun } from './create-run.ts';
import type { RunDeps } from './deps.ts';
import { getActionData, getActionDataUris } from './get-action-data.ts';
import { getActionLogContext } from './get-action-log-context.ts';
import { getActionDetails, getRunDetails } from './get-details.ts';
import { signalEvent } from './signal-event.ts';

/** RunService: runs that this service created. */
export function createRunService(deps: RunDeps): Partial<ServiceImpl<typeof RunService>> {
  return {
    createRun: createRun(deps),
    abortRun: abortRun(deps, 'RUN'),
    getRunDetails: getRunDetails(deps, 'RUN'),
    getActionDetails: getActionDetails(deps, 'RUN'),
    getActionData: getActionData(deps),
    abortAction: abortAction(deps),
    signalEvent: signalEvent(deps),
    getActionDataURIs: getActionDataUris(deps),
    getActionLogContext: getActionLogContext(deps),
  };
}
