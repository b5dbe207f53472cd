import { S3Client } from '@aws-sdk/client-s3';
import type { S3Config } from '../config/storage.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 60_000;
const MAX_TRIES = 3;
const MAX_SOCKETS = 100;

/** The region that a configuration means. */
export function regionOf({ region }: S3Config): string {
  return region ?? process.env.AWS_REGION ?? 'us-east-1';
}

/** A client of the server that a configuration names. Nothing is called yet. */
export function openS3Client(config: S3Config): S3Client {
  return new S3Client({
    region: regionOf(config),
    forcePathStyle: config.forcePathStyle,
    ...(config.endpoint === undefined ? {} : { endpoint: config.endpoint }),
    ...(config.credentials === undefined ? {} : { credentials: config.credentials }),
    maxAttempts: MAX_TRIES,
    // Checksums beside the MD5 are not what every S3-compatible server knows, and in a signed URL they would be those of no content.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
    },
  });
}
