import { createClient } from '@connectrpc/connect';
import { DataProxyService } from '../../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { ProjectService } from '../../../src/gen/flyteidl2/project/project_service_pb.js';
import { TaskService } from '../../../src/gen/flyteidl2/task/task_service_pb.js';
import { TriggerService } from '../../../src/gen/flyteidl2/trigger/trigger_service_pb.js';
import { RunService } from '../../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { TrackedRunService } from '../../../src/gen/flyteidl2/workflow/tracked_run_service_pb.js';
import type { RunKind } from './run-kind.ts';
import { transport } from './transport.ts';

export type { RunKind };

/** A typed client for each service that the console calls. */
export const api = {
  runs: createClient(RunService, transport),
  trackedRuns: createClient(TrackedRunService, transport),
  tasks: createClient(TaskService, transport),
  triggers: createClient(TriggerService, transport),
  projects: createClient(ProjectService, transport),
  data: createClient(DataProxyService, transport),
};

/** The client that knows runs of the kind. */
export function runClient(kind: RunKind): (typeof api)['runs'] | (typeof api)['trackedRuns'] {
  return kind === 'runs' ? api.runs : api.trackedRuns;
}
