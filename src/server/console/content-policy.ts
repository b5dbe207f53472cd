import type { StorageConfig } from '../../config/storage.ts';

/** Where browsers load stored files from, for a Content-Security-Policy: nowhere else than here for a folder, else the S3 server. */
export function storageSources(storage: Pick<StorageConfig, 's3'>): readonly string[] {
  if (storage.s3 === undefined) return [];
  const { endpoint, bucket, forcePathStyle } = storage.s3;
  // Which of its hosts AWS signs for depends on the region, which may come from the environment.
  if (endpoint === undefined) return ['https://*.amazonaws.com'];
  const url = new URL(endpoint);
  return [forcePathStyle ? url.origin : `${url.protocol}//${bucket}.${url.host}`];
}

/**
 * What the console's page may do: run its own scripts, call this service, load stored files, and nothing else. Style elements that
 * its libraries add need `nonce`.
 */
export function contentPolicy(nonce: string, storage: readonly string[]): string {
  const files = ["'self'", ...storage].join(' ');
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${files}`,
    // Reports; the answer that holds one makes an origin of its own of it.
    `frame-src ${files}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
