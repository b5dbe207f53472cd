import type { ServiceImpl } from '@connectrpc/connect';
import type { DataProxyService } from '../../gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { createDownloadLink } from './create-download-link.ts';
import { createUploadLocation } from './create-upload-location.ts';
import type { DataProxyDeps } from './deps.ts';
import { getActionData } from './get-action-data.ts';
import { type TailLogsDeps, tailLogs } from './tail-logs.ts';
import { uploadInputs } from './upload-inputs.ts';

/** DataProxyService: what clients store and fetch, by signed URLs or through the service, and `logs` if there are any to read. */
export function createDataProxyService(
  deps: DataProxyDeps,
  logs?: TailLogsDeps,
): Partial<ServiceImpl<typeof DataProxyService>> {
  return {
    createUploadLocation: createUploadLocation(deps),
    uploadInputs: uploadInputs(deps),
    createDownloadLink: createDownloadLink(deps),
    getActionData: getActionData(deps),
    ...(logs ? { tailLogs: tailLogs(logs) } : {}),
  };
}
