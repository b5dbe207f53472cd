import type { TailLogsRequest, TailLogsResponse } from '../gen/flyteidl2/dataproxy/dataproxy_service_pb.js';

/** Logs that another service has, because it executes the tasks of this one. */
export interface RemoteLogs {
  /**
   * The log of an attempt so far and as it grows, until the attempt has ended. Throws what the other service says about the request,
   * unimplemented if it has no logs to give, unavailable if it can't be reached.
   */
  tail(request: TailLogsRequest, signal: AbortSignal): AsyncIterable<TailLogsResponse>;
}
