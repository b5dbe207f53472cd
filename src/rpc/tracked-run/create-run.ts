import { RunSource } from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import type { CreateTrackedRunRequest } from '../../gen/flyteidl2/workflow/tracked_run_service_pb.js';
import type { RunDeps } from '../run/deps.ts';
import { newRun } from '../run/new-run.ts';
import { submitRun } from '../run/submit-run.ts';

/** TrackedRunService.CreateRun: a run whose own process reports what becomes of it; its root action is there at once. */
export function createTrackedRun(deps: RunDeps) {
  return async ({ id, task, offloadedInputData, runSpec, runStartTime, labels }: CreateTrackedRunRequest) =>
    submitRun(
      deps,
      await newRun(deps, 'TRACKED', {
        id,
        task,
        inputs: undefined,
        offloaded: offloadedInputData,
        runSpec,
        runStartTime,
        source: RunSource.TRACKED,
        labels,
      }),
    );
}
