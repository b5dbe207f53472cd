import type { ServiceImpl } from '@connectrpc/connect';
import type { RunLogsService } from '../../gen/flyteidl2/workflow/run_logs_service_pb.js';
import type { TailLogsDeps } from '../dataproxy/tail-logs.ts';
import { tailRunLogs } from './tail-logs.ts';

/** RunLogsService, which the contract keeps for older clients. */
export function createRunLogsService(deps: TailLogsDeps): ServiceImpl<typeof RunLogsService> {
  return { tailLogs: tailRunLogs(deps) };
}
