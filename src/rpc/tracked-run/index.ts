import type { ServiceImpl } from '@connectrpc/connect';
import type { TrackedRunService } from '../../gen/flyteidl2/workflow/tracked_run_service_pb.js';
import { abortRun } from '../run/abort.ts';
import type { RunDeps } from '../run/deps.ts';
import { getActionDetails, getRunDetails } from '../run/get-details.ts';
import { listActions } from '../run/list-actions.ts';
import { listRuns } from '../run/list-runs.ts';
import { watchActionDetails } from '../run/watch-action-details.ts';
import { watchActions } from '../run/watch-actions.ts';
import { watchRunDetails } from '../run/watch-run-details.ts';
import { watchRuns } from '../run/watch-runs.ts';
import { createTrackedRun } from './create-run.ts';
import { reportActions } from './report-actions.ts';

/** TrackedRunService: runs whose own processes report what becomes of them. RunService and this one do not see each other's runs. */
export function createTrackedRunService(deps: RunDeps): ServiceImpl<typeof TrackedRunService> {
  return {
    createRun: createTrackedRun(deps),
    reportActions: reportActions(deps),
    getRunDetails: getRunDetails(deps, 'TRACKED'),
    getActionDetails: getActionDetails(deps, 'TRACKED'),
    listRuns: listRuns(deps, 'TRACKED'),
    listActions: listActions(deps, 'TRACKED'),
    watchRunDetails: watchRunDetails(deps, 'TRACKED'),
    watchActionDetails: watchActionDetails(deps, 'TRACKED'),
    watchRuns: watchRuns(deps, 'TRACKED'),
    watchActions: watchActions(deps, 'TRACKED'),
    abortRun: abortRun(deps, 'TRACKED'),
  };
}
