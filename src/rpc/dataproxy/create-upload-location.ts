import type { HandlerContext } from '@connectrpc/connect';
import type { CreateUploadLocationRequest } from '../../gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { timestampOf } from '../../runs/instant.ts';
import { baseUrlFor, type DataProxyDeps, pathOrganization } from './deps.ts';
import { durationMs } from './durations.ts';

/**
 * Signs one PUT. The path holds the content's digest unless the client names a root: then a later upload to the same root and
 * filename replaces the file, which is how live reports are refreshed.
 */
export function createUploadLocation(deps: DataProxyDeps) {
  return async (request: CreateUploadLocationRequest, context: HandlerContext) => {
    const org = pathOrganization(deps, request.org);
    await deps.requireProject(request.org, request.project, request.domain);
    const { signedUrl, nativeUrl, expiresAt, headers } = await deps.storage.uploadLocation({
      org,
      project: request.project,
      domain: request.domain,
      filename: request.filename,
      filenameRoot: request.filenameRoot,
      contentMd5: request.contentMd5,
      // Zero is what clients send that do not know the length; the digest holds an empty file to its emptiness.
      contentLength: request.contentLength === 0n ? undefined : Number(request.contentLength),
      expiresInMs: durationMs(request.expiresIn),
      baseUrl: baseUrlFor(deps, context),
    });
    return { signedUrl, nativeUrl, expiresAt: timestampOf(expiresAt), headers };
  };
}
