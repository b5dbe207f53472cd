import type { Inputs } from '../../../src/gen/flyteidl2/task/common_pb.js';
import type { RunSpec } from '../../../src/gen/flyteidl2/task/run_pb.js';
import type { CreateRunRequest } from '../../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { RunSource } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { api } from './clients.ts';
import { dataClient } from './data-client.ts';
import { projectId, runId, type Scope } from './scope.ts';

/** A run to be started. */
export interface NewRun {
  readonly scope: Scope;
  /** Empty: the service makes one up. */
  readonly name: string;
  readonly task: Extract<CreateRunRequest['task'], { case: 'taskId' | 'taskSpec' }>;
  readonly inputs: Inputs;
  readonly runSpec: RunSpec;
}

/** Starts a run; answers its name. */
export async function startRun({ scope, name, task, inputs, runSpec }: NewRun): Promise<string> {
  const id =
    name === ''
      ? ({ case: 'projectId', value: projectId(scope) } as const)
      : ({ case: 'runId', value: runId(scope, name) } as const);
  // As the SDK does: what is large goes to the storage, and its hash finds results in the cache.
  const { offloadedInputData } = await dataClient.uploadInputs({
    id,
    task,
    inputs,
    baseDir: runSpec.runBaseDir,
  });
  const { run } = await api.runs.createRun({
    id,
    task,
    inputWrapper:
      offloadedInputData === undefined
        ? { case: 'inputs', value: inputs }
        : { case: 'offloadedInputData', value: offloadedInputData },
    runSpec,
    source: RunSource.WEB,
  });
  return run?.action?.id?.run?.name ?? '';
}
