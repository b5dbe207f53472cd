import { create, fromBinary } from '@bufbuild/protobuf';
import { RunSpecSchema } from '../../gen/flyteidl2/task/run_pb.js';
import {
  type WatchRunDetailsRequest,
  type WatchRunDetailsResponse,
  WatchRunDetailsResponseSchema,
} from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { readRunRoot } from '../../repository/read/watch-root.ts';
import { type RunKind, runNotFound } from '../../repository/write/commands/find.ts';
import { decodeDetails } from '../../watch/encoded-details.ts';
import { namedRun } from './deps.ts';
import type { WatchContext, WatchDeps } from './watch-deps.ts';

/** WatchRunDetails of both run services: what GetRunDetails answers, at once and after each change, until the run has ended. */
export function watchRunDetails(deps: WatchDeps, kind: RunKind) {
  return async function* (
    { runId }: WatchRunDetailsRequest,
    { signal }: WatchContext,
  ): AsyncGenerator<WatchRunDetailsResponse> {
    const { key, stored } = namedRun(deps, kind, runId);
    const root = await readRunRoot(deps.dialect, kind, key, stored);
    const runSpec = fromBinary(RunSpecSchema, root.runSpec);
    for await (const encoded of deps.watch.details(root.rootId, signal)) {
      const action = encoded && decodeDetails(encoded);
      if (action === undefined) throw runNotFound(kind, key);
      yield create(WatchRunDetailsResponseSchema, { details: { runSpec, action } });
      if (encoded?.ended) return;
    }
  };
}
