import { create } from '@bufbuild/protobuf';
import {
  type GetTriggerDetailsRequest,
  GetTriggerDetailsResponseSchema,
  type GetTriggerRevisionDetailsRequest,
  GetTriggerRevisionDetailsResponseSchema,
} from '../../gen/flyteidl2/trigger/trigger_service_pb.js';
import { findTrigger, findTriggerRevision, triggerNotFound } from '../../repository/triggers.ts';
import { invalidArgument, notFound } from '../../runs/errors.ts';
import { quote } from '../../runs/names.ts';
import { storedTriggerKey } from '../run/resolve-task.ts';
import { checkTriggerName } from './checks.ts';
import { triggerDetails } from './convert.ts';
import type { TriggerDeps } from './deps.ts';

/** TriggerService.GetTriggerDetails: the trigger as it is; NOT_FOUND for one that was deleted. */
export function getTriggerDetails(deps: TriggerDeps) {
  return async ({ name }: GetTriggerDetailsRequest) => {
    if (name === undefined) throw invalidArgument('name must be set');
    checkTriggerName(name, deps.domains);
    const key = storedTriggerKey(deps.organizations, name);
    const row = await findTrigger(deps.dialect.reader, key);
    if (row === undefined) throw triggerNotFound(key);
    return create(GetTriggerDetailsResponseSchema, { trigger: triggerDetails(row) });
  };
}

/** TriggerService.GetTriggerRevisionDetails: the trigger as it was after one of its changes, even if it was deleted since. */
export function getTriggerRevisionDetails(deps: TriggerDeps) {
  return async ({ id }: GetTriggerRevisionDetailsRequest) => {
    if (id?.name === undefined) throw invalidArgument('id.name must be set');
    checkTriggerName(id.name, deps.domains);
    const key = storedTriggerKey(deps.organizations, id.name);
    // No trigger has so many, and neither database would take the number.
    const revision = id.revision > BigInt(Number.MAX_SAFE_INTEGER) ? -1 : Number(id.revision);
    const found = await findTriggerRevision(deps.dialect.reader, key, revision);
    if (found === undefined) {
      throw notFound(
        `there is no revision ${id.revision} of trigger ${quote(key.name)} of task ${quote(key.task_name)}`,
      );
    }
    return create(GetTriggerRevisionDetailsResponseSchema, {
      trigger: triggerDetails(found.trigger, found.revision),
    });
  };
}
