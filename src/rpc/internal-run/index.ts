import type { ServiceImpl } from '@connectrpc/connect';
import type { InternalRunService } from '../../gen/flyteidl2/workflow/internal_run_service_pb.js';
import type { RunDeps } from '../run/deps.ts';
import { recordAction, recordActionStream } from './record-action.ts';
import { recordActionEventStream, recordActionEvents } from './record-action-events.ts';
import { updateActionStatus, updateActionStatusStream } from './update-action-status.ts';

/** InternalRunService: what executors report of the runs that this service created. */
export function createInternalRunService(deps: RunDeps): ServiceImpl<typeof InternalRunService> {
  return {
    recordAction: recordAction(deps),
    recordActionStream: recordActionStream(deps),
    updateActionStatus: updateActionStatus(deps),
    updateActionStatusStream: updateActionStatusStream(deps),
    recordActionEvents: recordActionEvents(deps),
    recordActionEventStream: recordActionEventStream(deps),
  };
}
