import { fromBinary } from '@bufbuild/protobuf';
import type { TriggerName } from '../../gen/flyteidl2/common/identifier_pb.js';
import {
  type TaskIdentifier,
  type TaskSpec,
  TaskSpecSchema,
} from '../../gen/flyteidl2/task/task_definition_pb.js';
import { findTask, type StoredTask, type StoredTaskKey } from '../../repository/tasks.ts';
import {
  findTrigger,
  type StoredTriggerKey,
  type TriggerRow,
  triggerNotFound,
} from '../../repository/triggers.ts';
import { taskIdentifier } from '../../repository/triggers-run.ts';
import { invalidArgument, notFound } from '../../runs/errors.ts';
import { type Organizations, orgKey } from '../../runs/identity.ts';
import { quote } from '../../runs/names.ts';
import type { RunDeps } from './deps.ts';
import type { RunRequest } from './new-run.ts';

/** The task of a run. */
export interface ResolvedTask {
  readonly spec: TaskSpec;
  /** Of a deployed task; otherwise its spec has the identity. */
  readonly id: TaskIdentifier | undefined;
  /** The trigger that the request names. */
  readonly trigger: TriggerRow | undefined;
}

/** A version of a task as the database names it. */
export function storedTaskKey(organizations: Organizations, id: TaskIdentifier): StoredTaskKey {
  const { org, project, domain, name, version } = id;
  return { org_key: orgKey(organizations, org), project, domain, name, version };
}

/** A trigger as the database names it. */
export function storedTriggerKey(organizations: Organizations, id: TriggerName): StoredTriggerKey {
  const { org, project, domain, taskName, name } = id;
  return { org_key: orgKey(organizations, org), project, domain, task_name: taskName, name };
}

/** Finds the task that a request names, by itself, by its identity, or by a trigger of it. Throws not_found if it is not deployed. */
export async function resolveTask(
  deps: Pick<RunDeps, 'dialect' | 'organizations'>,
  task: RunRequest['task'],
): Promise<ResolvedTask> {
  const db = deps.dialect.reader;
  switch (task.case) {
    case 'taskSpec':
      return { spec: task.value, id: undefined, trigger: undefined };
    case 'taskId': {
      const key = storedTaskKey(deps.organizations, task.value);
      return deployed(await findTask(db, key), key);
    }
    case 'triggerName': {
      const name = storedTriggerKey(deps.organizations, task.value);
      const trigger = await findTrigger(db, name);
      if (trigger === undefined) throw triggerNotFound(name);
      const key = { ...name, name: name.task_name, version: trigger.task_version };
      return { ...deployed(await findTask(db, key), key), trigger };
    }
    default:
      throw invalidArgument('one of task_id, task_spec and trigger_name must be set');
  }
}

function deployed(task: StoredTask | undefined, key: StoredTaskKey): ResolvedTask {
  if (task === undefined) throw taskNotFound(key);
  return { spec: fromBinary(TaskSpecSchema, task.spec), id: taskIdentifier(task), trigger: undefined };
}

/** The error for a version of a task that is not there. */
export function taskNotFound({ project, domain, name, version }: StoredTaskKey) {
  return notFound(
    `there is no deployed task ${quote(name)} in version ${quote(version)} in ${quote(`${project}/${domain}`)}`,
  );
}
