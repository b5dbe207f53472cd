import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { invalidArgument } from '../runs/errors.ts';
import { type Instant, instantFromMicros } from '../runs/instant.ts';
import { joinStoragePath, ownedFolder, type StoragePath, storagePath } from './paths.ts';
import type { LinkOptions, UploadRequest } from './storage.ts';

const MD5_BYTES = 16;
const DEFAULT_MAX_EXPIRY_MS = 3600 * 1000;

/** How long signed URLs work, in milliseconds. */
export interface ExpiryLimits {
  /** Where the request names no time. */
  readonly defaultExpiryMs: number;
  /** Requests for longer are refused. One hour unless given, and never less than the default. */
  readonly maxExpiryMs?: number | undefined;
}

/** Where the uploads of a project and domain lie; `org` is empty where organizations are shared. */
export function uploadFolder(org: string, project: string, domain: string): StoragePath {
  return ownedFolder(storagePath('uploads', 'the path'), org, project, domain);
}

/** Where an upload goes: a folder named by the client or by the digest. Throws invalid_argument for names that are no path. */
export function uploadPath(request: UploadRequest): StoragePath {
  const { filename, filenameRoot, contentMd5 } = request;
  return joinStoragePath(
    uploadFolder(request.org, request.project, request.domain),
    storagePath(filenameRoot || Buffer.from(contentMd5).toString('hex'), 'filename_root'),
    storagePath(filename || randomUUID(), 'filename'),
  );
}

/** Throws invalid_argument for a digest that is none and for a size beyond the bound. */
export function checkUpload({ contentMd5, contentLength }: UploadRequest, maxUploadBytes: number): void {
  if (contentMd5.length !== MD5_BYTES) throw invalidArgument('content_md5 must be 16 bytes');
  if (contentLength !== undefined && (contentLength < 0 || contentLength > maxUploadBytes)) {
    throw invalidArgument(
      `content_length is ${contentLength}; uploads may have 0 to ${maxUploadBytes} bytes`,
    );
  }
}

/** Milliseconds since 1970 at which a URL expires. Throws invalid_argument for a lifetime beyond the limit. */
export function expiryOf(limits: ExpiryLimits, { expiresInMs }: LinkOptions, nowMs: number): number {
  const lifetime = expiresInMs ?? limits.defaultExpiryMs;
  const max = Math.max(limits.maxExpiryMs ?? DEFAULT_MAX_EXPIRY_MS, limits.defaultExpiryMs);
  if (lifetime <= 0 || lifetime > max) {
    throw invalidArgument(`expires_in must be more than 0 and at most ${max / 1000} seconds`);
  }
  return nowMs + Math.ceil(lifetime);
}

/** The instant of a number of milliseconds since 1970. */
export function instantOfMs(ms: number): Instant {
  return instantFromMicros(BigInt(ms) * 1000n);
}
