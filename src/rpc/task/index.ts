import type { ServiceImpl } from '@connectrpc/connect';
import type { TaskService } from '../../gen/flyteidl2/task/task_service_pb.js';
import type { TriggerDeps } from '../trigger/deps.ts';
import { deployTask } from './deploy-task.ts';
import { getTaskDetails } from './get-task-details.ts';
import { listTasks, listVersions } from './list-tasks.ts';

/** TaskService: tasks that were deployed, in all their versions. */
export function createTaskService(deps: TriggerDeps): ServiceImpl<typeof TaskService> {
  return {
    deployTask: deployTask(deps),
    getTaskDetails: getTaskDetails(deps),
    listTasks: listTasks(deps),
    listVersions: listVersions(deps),
  };
}
