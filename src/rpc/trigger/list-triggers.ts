import { create } from '@bufbuild/protobuf';
import {
  type GetTriggerRevisionHistoryRequest,
  GetTriggerRevisionHistoryResponseSchema,
  type ListTriggersRequest,
  ListTriggersResponseSchema,
} from '../../gen/flyteidl2/trigger/trigger_service_pb.js';
import { selectTrigger, triggerNotFound } from '../../repository/triggers.ts';
import {
  listRevisions,
  listTriggers as readTriggers,
  type TriggerScope,
} from '../../repository/triggers-list.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { orgKey } from '../../runs/identity.ts';
import { checkPlainText } from '../../runs/names.ts';
import { storedTriggerKey } from '../run/resolve-task.ts';
import { checkTriggerName } from './checks.ts';
import { revisionMessage, triggerMessage } from './convert.ts';
import type { CallContext, TriggerDeps } from './deps.ts';

/** TriggerService.ListTriggers: those of an organization, a project, a task, or those that start one version of it. */
export function listTriggers(deps: TriggerDeps) {
  return async ({ scopeBy, request }: ListTriggersRequest, context?: CallContext) => {
    const { org, scope } = scopeOf(scopeBy);
    for (const text of [org, ...Object.values(scope)]) checkPlainText(text, 'the scope');
    const query = { request, maxScan: deps.maxScan, signal: context?.signal };
    const key = orgKey(deps.organizations, org);
    const { rows, token } = await readTriggers(deps.dialect, key, scope, query);
    return create(ListTriggersResponseSchema, { triggers: rows.map(triggerMessage), token });
  };
}

/** TriggerService.GetTriggerRevisionHistory: what happened to a trigger, even if it was deleted. */
export function getTriggerRevisionHistory(deps: TriggerDeps) {
  return async ({ name, request }: GetTriggerRevisionHistoryRequest, context?: CallContext) => {
    if (name === undefined) throw invalidArgument('name must be set');
    checkTriggerName(name, deps.domains);
    const key = storedTriggerKey(deps.organizations, name);
    const trigger = await selectTrigger(deps.dialect.reader, key).executeTakeFirst();
    if (trigger === undefined) throw triggerNotFound(key);
    const query = { request, maxScan: deps.maxScan, signal: context?.signal };
    const { rows, token } = await listRevisions(deps.dialect, trigger.id, query);
    return create(GetTriggerRevisionHistoryResponseSchema, {
      triggers: rows.map((row) => revisionMessage(trigger, row)),
      token,
    });
  };
}

function scopeOf(by: ListTriggersRequest['scopeBy']): { org: string; scope: TriggerScope } {
  switch (by.case) {
    case 'org':
      return { org: by.value, scope: {} };
    case 'projectId': {
      const { organization, name: project, domain } = by.value;
      return { org: organization, scope: { project, domain } };
    }
    case 'taskName': {
      const { org, project, domain, name } = by.value;
      return { org, scope: { project, domain, task_name: name } };
    }
    case 'taskId': {
      const { org, project, domain, name, version } = by.value;
      return { org, scope: { project, domain, task_name: name, task_version: version } };
    }
    default:
      throw invalidArgument('one of org, project_id, task_id and task_name must be set');
  }
}
