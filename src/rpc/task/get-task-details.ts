import { create, fromBinary } from '@bufbuild/protobuf';
import {
  TaskDetailsSchema,
  TaskMetadataSchema,
  TaskSpecSchema,
} from '../../gen/flyteidl2/task/task_definition_pb.js';
import {
  type GetTaskDetailsRequest,
  GetTaskDetailsResponseSchema,
} from '../../gen/flyteidl2/task/task_service_pb.js';
import { findTask } from '../../repository/tasks.ts';
import { triggersSummaries } from '../../repository/tasks-summaries.ts';
import { taskIdentifier } from '../../repository/triggers-run.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { checkName, checkPlace } from '../run/checks.ts';
import { storedTaskKey, taskNotFound } from '../run/resolve-task.ts';
import type { TriggerDeps } from '../trigger/deps.ts';

/** TaskService.GetTaskDetails: one version of a task with its spec. */
export function getTaskDetails(deps: TriggerDeps) {
  return async ({ taskId }: GetTaskDetailsRequest) => {
    if (taskId === undefined) throw invalidArgument('task_id must be set');
    checkPlace(taskId, deps.domains);
    checkName(taskId.name, 'task_id.name');
    checkName(taskId.version, 'task_id.version');
    const key = storedTaskKey(deps.organizations, taskId);
    const task = await findTask(deps.dialect.reader, key);
    if (task === undefined) throw taskNotFound(key);
    const [triggersSummary] = await triggersSummaries(deps.dialect, key.org_key, [task]);
    const metadata = fromBinary(TaskMetadataSchema, task.metadata);
    if (triggersSummary) metadata.triggersSummary = triggersSummary;
    return create(GetTaskDetailsResponseSchema, {
      details: create(TaskDetailsSchema, {
        taskId: taskIdentifier(task),
        metadata,
        spec: fromBinary(TaskSpecSchema, task.spec),
      }),
    });
  };
}
