import { Buffer } from 'node:buffer';
import { DomainError, type DomainErrorCode } from '../runs/errors.ts';
import { sendFile } from './http-download.ts';
import {
  HttpRefusal,
  type StorageHandler,
  type StorageHandlerOptions,
  type StorageRequest,
  type StorageResponse,
} from './http-types.ts';
import { receiveFile } from './http-upload.ts';
import { parseStoragePath, type StoragePath } from './paths.ts';
import { type Grant, STORAGE_PREFIX, verifiedGrant } from './signing.ts';

const STATUS_OF: Partial<Record<DomainErrorCode, number>> = {
  invalid_argument: 400,
  permission_denied: 403,
  not_found: 404,
  failed_precondition: 409,
  resource_exhausted: 507,
};

/** How long the rest of a refused upload is read and thrown away, so that the client gets to read the answer. */
const DISCARD_MS = 10_000;

/** Serves PUT, GET and HEAD of signed URLs. */
export function createStorageHandler(options: StorageHandlerOptions): StorageHandler {
  return async (request, response) => {
    // A client that goes away is noticed where the body is read or written. Between those moments nobody listens, and an error event
    // that nobody listens to would end the process.
    request.on('error', ignore);
    response.on('error', ignore);
    try {
      const grant = grantOf(options, request);
      if (grant.method === 'PUT') await receiveFile(options, request, response, grant);
      else await sendFile(options, request, response, grant.path);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.status === 500 && !request.aborted)
        options.onFailure(error, `${request.method} in the storage`);
      refuse(request, response, refusal);
    }
  };
}

function ignore(): void {}

function grantOf(options: StorageHandlerOptions, request: StorageRequest): Grant {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (method !== 'GET' && method !== 'PUT') {
    throw new HttpRefusal(405, 'only GET, HEAD and PUT are possible here', { allow: 'GET, HEAD, PUT' });
  }
  // Not parsed as a URL: that would clean '..' away before it is seen.
  const [rawPath = '', rawQuery = ''] = splitOnce(request.url ?? '', '?');
  const path = rawPath.startsWith(STORAGE_PREFIX) ? decoded(rawPath.slice(STORAGE_PREFIX.length)) : undefined;
  if (path === undefined) throw new HttpRefusal(400, 'the path is not one that this service signs');
  const grant = verifiedGrant(options.signingKey, method, path, new URLSearchParams(rawQuery));
  if (!grant) throw new HttpRefusal(403, 'the signature does not match this method and path');
  // The words by which Flyte's SDK recognizes an expired URL and tells its user so.
  if (options.nowMs() > grant.expiresAtMs) throw new HttpRefusal(403, 'Request has expired');
  return grant;
}

function decoded(rawPath: string): StoragePath | undefined {
  try {
    const segments = rawPath.split('/').map(decodeURIComponent);
    return segments.some((segment) => segment.includes('/'))
      ? undefined
      : parseStoragePath(segments.join('/'));
  } catch {
    return undefined;
  }
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function refusalOf(error: unknown): HttpRefusal {
  if (error instanceof HttpRefusal) return error;
  if (error instanceof DomainError) return new HttpRefusal(STATUS_OF[error.code] ?? 500, error.message);
  return new HttpRefusal(500, 'the storage failed; the reason is in the log of the service');
}

function refuse(request: StorageRequest, response: StorageResponse, refusal: HttpRefusal): void {
  if (response.headersSent || response.destroyed) {
    // Too late for an answer: a cut connection is how the client learns that the content is incomplete.
    request.destroy();
    return;
  }
  const body = `${refusal.message}\n`;
  response.writeHead(refusal.status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-content-type-options': 'nosniff',
    ...refusal.headers,
  });
  if (request.method === 'HEAD') response.end();
  else response.end(body);
  discardRest(request);
}

function discardRest(request: StorageRequest): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(() => request.destroy(), DISCARD_MS);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
  request.once('end', () => clearTimeout(timer));
  request.once('error', () => clearTimeout(timer));
  request.resume();
}
