import type { ServiceImpl } from '@connectrpc/connect';
import type { RunService } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { abortAction, abortRun } from './abort.ts';
import { createRun } from './create-run.ts';
import type { RunDeps } from './deps.ts';
import { getActionData, getActionDataUris } from './get-action-data.ts';
import { getActionLogContext } from './get-action-log-context.ts';
import { getActionDetails, getRunDetails } from './get-details.ts';
import { listActions } from './list-actions.ts';
import { listRuns } from './list-runs.ts';
import { signalEvent } from './signal-event.ts';
import { watchActionDetails } from './watch-action-details.ts';
import { watchActions } from './watch-actions.ts';
import { watchClusterEvents } from './watch-cluster-events.ts';
import { watchGroups } from './watch-groups.ts';
import { watchRunDetails } from './watch-run-details.ts';
import { watchRuns } from './watch-runs.ts';

/** RunService: runs that this service created. */
export function createRunService(deps: RunDeps): ServiceImpl<typeof RunService> {
  return {
    createRun: createRun(deps),
    abortRun: abortRun(deps, 'RUN'),
    getRunDetails: getRunDetails(deps, 'RUN'),
    getActionDetails: getActionDetails(deps, 'RUN'),
    getActionData: getActionData(deps),
    listRuns: listRuns(deps, 'RUN'),
    listActions: listActions(deps, 'RUN'),
    watchRunDetails: watchRunDetails(deps, 'RUN'),
    watchActionDetails: watchActionDetails(deps, 'RUN'),
    watchRuns: watchRuns(deps, 'RUN'),
    watchActions: watchActions(deps, 'RUN'),
    watchClusterEvents: watchClusterEvents(deps, 'RUN'),
    watchGroups: watchGroups(deps),
    abortAction: abortAction(deps),
    signalEvent: signalEvent(deps),
    getActionDataURIs: getActionDataUris(deps),
    getActionLogContext: getActionLogContext(deps),
  };
}
