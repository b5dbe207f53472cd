import type { ServiceImpl } from '@connectrpc/connect';
import type { TriggerService } from '../../gen/flyteidl2/trigger/trigger_service_pb.js';
import { deleteTriggers, updateTriggers } from './change-triggers.ts';
import { deployTrigger } from './deploy-trigger.ts';
import type { TriggerDeps } from './deps.ts';
import { getTriggerDetails, getTriggerRevisionDetails } from './get-trigger-details.ts';
import { getTriggerRevisionHistory, listTriggers } from './list-triggers.ts';

/** TriggerService: what starts tasks by itself, on a schedule, or by hand under a name. */
export function createTriggerService(deps: TriggerDeps): ServiceImpl<typeof TriggerService> {
  return {
    deployTrigger: deployTrigger(deps),
    getTriggerDetails: getTriggerDetails(deps),
    getTriggerRevisionDetails: getTriggerRevisionDetails(deps),
    listTriggers: listTriggers(deps),
    getTriggerRevisionHistory: getTriggerRevisionHistory(deps),
    updateTriggers: updateTriggers(deps),
    deleteTriggers: deleteTriggers(deps),
  };
}
