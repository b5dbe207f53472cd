import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Config } from '../config/storage.ts';
import { regionOf } from './s3-client.ts';

/** What a client signs its requests with. */
export type S3Credentials = Awaited<ReturnType<S3Client['config']['credentials']>>;

/**
 * The environment by which Flyte's SDK inside a task reaches the same server. The names with FLYTE_ are the SDK's own, the others are
 * read by the library below it, which takes the region, the session and plain HTTP from nowhere else.
 */
export function s3TaskEnvironment(config: S3Config, credentials: S3Credentials): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const region = regionOf(config);
  const { endpoint } = config;
  return {
    FLYTE_AWS_ACCESS_KEY_ID: accessKeyId,
    FLYTE_AWS_SECRET_ACCESS_KEY: secretAccessKey,
    FLYTE_AWS_S3_ADDRESSING_STYLE: config.forcePathStyle ? 'path' : 'virtual',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ...(endpoint === undefined
      ? {}
      : {
          FLYTE_AWS_ENDPOINT: endpoint,
          AWS_ENDPOINT_URL: endpoint,
          ...(endpoint.startsWith('http:') ? { AWS_ALLOW_HTTP: 'true' } : {}),
        }),
  };
}
