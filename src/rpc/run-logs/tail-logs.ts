import { create } from '@bufbuild/protobuf';
import { TailLogsRequestSchema as NewerRequestSchema } from '../../gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import {
  type TailLogsRequest,
  type TailLogsResponse,
  TailLogsResponseSchema,
} from '../../gen/flyteidl2/workflow/run_logs_service_pb.js';
import { findAttemptLog } from '../../logs/attempt-log.ts';
import { logLines } from '../../logs/log-lines.ts';
import { findActionId } from '../../repository/read/find.ts';
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
    if (deps.remote !== undefined) {
      await findActionId(deps.dialect.reader, 'RUN', key, stored);
      const request = create(NewerRequestSchema, { ...(id ? { actionId: id } : {}), attempt });
      for await (const { logs } of deps.remote.tail(request, signal)) {
        yield create(TailLogsResponseSchema, { logs: logs.map(({ lines }) => ({ lines })) });
      }
      return;
    }
    const log = await findAttemptLog(deps, { key, stored, attempt }, signal);
    for await (const batch of log.lines()) {
      yield create(TailLogsResponseSchema, { logs: [{ lines: logLines(batch) }] });
    }
  };
}
