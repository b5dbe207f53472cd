import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { StoragePath } from './paths.ts';

/** Everything that a signed URL allows: one method on one path until a time, and for a PUT with which content. */
export interface Grant {
  readonly method: 'GET' | 'PUT';
  readonly path: StoragePath;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** PUT only: base64 of the content's MD5. */
  readonly md5?: string | undefined;
  /** PUT only: the most bytes that may be sent. */
  readonly maxBytes?: number | undefined;
}

/** Where signed URLs begin, below the service's public address. */
export const STORAGE_PREFIX = '/storage/';

/** The path and query of a signed URL; the query holds the whole grant, so that any replica with the key can check it. */
export function signedPath(key: Buffer, grant: Grant): string {
  const query = new URLSearchParams({ expires: String(grant.expiresAtMs) });
  if (grant.md5 !== undefined) query.set('md5', grant.md5);
  if (grant.maxBytes !== undefined) query.set('max', String(grant.maxBytes));
  query.set('signature', signatureOf(key, grant).toString('base64url'));
  const path = grant.path.split('/').map(encodeURIComponent).join('/');
  return `${STORAGE_PREFIX}${path}?${query}`;
}

/**
 * The grant that a query claims for a method and path, or undefined if the signature is not ours. It may have expired:
 * that is for the caller to check, with its own clock.
 */
export function verifiedGrant(
  key: Buffer,
  method: Grant['method'],
  path: StoragePath,
  query: URLSearchParams,
): Grant | undefined {
  const expiresAtMs = wholeNumber(query.get('expires'));
  if (expiresAtMs === undefined) return undefined;
  const grant: Grant = {
    method,
    path,
    expiresAtMs,
    md5: query.get('md5') ?? undefined,
    maxBytes: wholeNumber(query.get('max')),
  };
  const expected = signatureOf(key, grant);
  const given = Buffer.from(query.get('signature') ?? '', 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected) ? grant : undefined;
}

function signatureOf(key: Buffer, grant: Grant): Buffer {
  // JSON keeps the fields apart whatever they contain; the first one keeps other uses of the same key apart.
  const text = JSON.stringify([
    'storage-url/1',
    grant.method,
    grant.path,
    grant.expiresAtMs,
    grant.md5 ?? null,
    grant.maxBytes ?? null,
  ]);
  return createHmac('sha256', key).update(text).digest();
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
