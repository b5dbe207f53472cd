import { create } from '@bufbuild/protobuf';
import {
  type TailLogsRequest,
  type TailLogsResponse,
  TailLogsResponseSchema,
} from '../../gen/flyteidl2/workflow/run_logs_service_pb.js';
import { findAttemptLog } from '../../logs/attempt-log.ts';
import { logLines } from '../../logs/log-lines.ts';
import type { TailLogsDeps } from '../dataproxy/tail-logs.ts';
import { namedAction } from '../run/deps.ts';
import type { WatchContext } from '../run/watch-deps.ts';

/** RunLogsService.TailLogs: the same lines as DataProxyService.TailLogs. */
export function tailRunLogs(deps: TailLogsDeps) {
  return async function* (
    { actionId: id, attempt }: TailLogsRequest,
    { signal }: WatchContext,
  ): AsyncGenerator<TailLogsResponse> {
    const { key, stored } = namedAction(deps, 'RUN', id);
    const log = await findAttemptLog(deps, { key, stored, attempt }, signal);
    for await (const batch of log.lines()) {
      yield create(TailLogsResponseSchema, { logs: [{ lines: logLines(batch) }] });
    }
  };
}
