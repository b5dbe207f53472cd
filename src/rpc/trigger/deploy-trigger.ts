import { create, fromBinary } from '@bufbuild/protobuf';
import { TaskSpecSchema } from '../../gen/flyteidl2/task/task_definition_pb.js';
import {
  type DeployTriggerRequest,
  DeployTriggerResponseSchema,
} from '../../gen/flyteidl2/trigger/trigger_service_pb.js';
import { findTask, requireProject, requireTaskVersion } from '../../repository/tasks.ts';
import { deployTrigger as write } from '../../repository/triggers-write.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { storedTriggerKey } from '../run/resolve-task.ts';
import { checkTriggerName, newTrigger } from './checks.ts';
import { triggerDetails } from './convert.ts';
import type { TriggerDeps } from './deps.ts';

/**
 * TriggerService.DeployTrigger: makes a trigger of a deployed task, or its next revision. A revision in the request must be the present
 * one; otherwise ABORTED.
 */
export function deployTrigger(deps: TriggerDeps) {
  return async ({ name, spec, revision, automationSpec }: DeployTriggerRequest) => {
    if (name === undefined) throw invalidArgument('name must be set');
    if (spec === undefined) throw invalidArgument('spec must be set');
    if (revision > BigInt(Number.MAX_SAFE_INTEGER)) throw invalidArgument('revision is not one of a trigger');
    checkTriggerName(name, deps.domains);
    const key = storedTriggerKey(deps.organizations, name);
    const task = { ...key, name: key.task_name };
    const row = await deps.writer.exclusive(async (db, unit) => {
      const { now } = unit();
      await requireProject(db, now, { ...key, org: name.org, id: key.project }, false);
      await requireTaskVersion(db, task, spec.taskVersion);
      const found = await findTask(db, { ...task, version: spec.taskVersion });
      const taskSpec = fromBinary(TaskSpecSchema, found?.spec ?? new Uint8Array());
      const trigger = newTrigger(deps, { name, spec, automation: automationSpec, withTask: false }, taskSpec);
      return { result: await write(deps.dialect, db, now, trigger, Number(revision)), flushed: [] };
    });
    deps.onTriggersChanged();
    return create(DeployTriggerResponseSchema, { trigger: triggerDetails(row) });
  };
}
