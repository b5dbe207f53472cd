import { createClient } from '@connectrpc/connect';
import { RunService } from '../../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { TrackedRunService } from '../../../src/gen/flyteidl2/workflow/tracked_run_service_pb.js';
import type { RunKind } from './run-kind.ts';
import { transport } from './transport.ts';

export type { RunKind };

/** Typed clients of the services that every page needs; those that some need have modules of their own, loaded with them. */
export const api = {
  runs: createClient(RunService, transport),
  trackedRuns: createClient(TrackedRunService, transport),
};

/** The client that knows runs of the kind. */
export function runClient(kind: RunKind): (typeof api)['runs'] | (typeof api)['trackedRuns'] {
  return kind === 'runs' ? api.runs : api.trackedRuns;
}
