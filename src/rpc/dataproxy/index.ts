import type { ServiceImpl } from '@connectrpc/connect';
import type { DataProxyService } from '../../gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { createDownloadLink } from './create-download-link.ts';
import { createUploadLocation } from './create-upload-location.ts';
import type { DataProxyDeps } from './deps.ts';
import { type TailLogsDeps, tailLogs } from './tail-logs.ts';

/**
 * DataProxyService: signed URLs for what clients store and fetch, and `logs` if there are any to read. UploadInputs and GetActionData are not part of this
 * version and answer UNIMPLEMENTED; a tracked run needs none of them.
 */
export function createDataProxyService(
  deps: DataProxyDeps,
  logs?: TailLogsDeps,
): Partial<ServiceImpl<typeof DataProxyService>> {
  return {
    createUploadLocation: createUploadLocation(deps),
    createDownloadLink: createDownloadLink(deps),
    ...(logs ? { tailLogs: tailLogs(logs) } : {}),
  };
}
