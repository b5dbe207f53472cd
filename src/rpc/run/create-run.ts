import type { CreateRunRequest } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import type { RunDeps } from './deps.ts';
import { newRun } from './new-run.ts';
import { submitRun } from './submit-run.ts';

/** RunService.CreateRun: a run of a task spec, with a given or a generated name. */
export function createRun(deps: RunDeps) {
  return async ({ id, task, inputWrapper, runSpec, runStartTime, source }: CreateRunRequest) =>
    submitRun(
      deps,
      await newRun(deps, 'RUN', {
        id,
        task,
        inputs: inputWrapper.case === 'inputs' ? inputWrapper.value : undefined,
        offloaded: inputWrapper.case === 'offloadedInputData' ? inputWrapper.value : undefined,
        runSpec,
        runStartTime,
        source,
        labels: {},
      }),
    );
}
