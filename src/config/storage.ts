import { StartupError } from './errors.ts';
import { readSecret } from './read-secret.ts';
import type { ParsedConfig } from './schema.ts';

/** An S3-compatible server. */
export interface S3Config {
  bucket: string;
  /** Without a slash at its ends; empty for none. */
  prefix: string;
  endpoint: string | undefined;
  region: string | undefined;
  /** Undefined: what AWS's default chain finds. */
  credentials: { accessKeyId: string; secretAccessKey: string } | undefined;
  forcePathStyle: boolean;
}

/** Where files are kept. */
export interface StorageConfig {
  /** Not used if `s3` is set. */
  folder: string;
  s3: S3Config | undefined;
  maxUploadBytes: number;
  urlExpiryMs: number;
}

/** Where the key of the secrets is. */
export interface SecretsConfig {
  keyFile: string;
  /** Base64 of 32 bytes; wins over the file. */
  key: string | undefined;
}

const FOLDER = './data/storage';

/** The storage that the keys describe. Throws a StartupError if they describe two, or half of one. */
export function toStorage(storage: ParsedConfig['storage'], source: string): StorageConfig {
  const { folder, maxUploadBytes, urlExpiry } = storage;
  const s3 = storage.s3 && toS3(storage.s3, source);
  if (folder && s3) {
    throw new StartupError(
      `${source}: storage.folder and storage.s3.bucket are both set; keep one (an empty environment variable, STORAGE_FOLDER= or STORAGE_S3=, takes the other away)`,
    );
  }
  return { folder: folder ?? FOLDER, s3, maxUploadBytes, urlExpiryMs: urlExpiry };
}

/** The key's place. Throws a StartupError, which does not repeat it, for a key that is none. */
export function toSecrets({ key, keyFile }: ParsedConfig['secrets'], source: string): SecretsConfig {
  if (key !== undefined && !/^[A-Za-z0-9+/]{43}=$/.test(key)) {
    throw new StartupError(
      `${source}: secrets.key must be 32 bytes as base64; openssl rand -base64 32 makes such a key`,
    );
  }
  return { key, keyFile };
}

function toS3(s3: NonNullable<ParsedConfig['storage']['s3']>, source: string): S3Config | undefined {
  const { bucket, prefix, endpoint, region, accessKeyIdFile, secretAccessKeyFile } = s3;
  if (!bucket) {
    if (Object.values(s3).every((value) => value === undefined)) return undefined;
    throw new StartupError(`${source}: storage.s3.bucket must be set, because another key of storage.s3 is`);
  }
  const id = accessKeyIdFile
    ? readSecret(accessKeyIdFile, 'storage.s3.accessKeyIdFile', source)
    : s3.accessKeyId;
  const secret = secretAccessKeyFile
    ? readSecret(secretAccessKeyFile, 'storage.s3.secretAccessKeyFile', source)
    : s3.secretAccessKey;
  if (Boolean(id) !== Boolean(secret)) {
    const missing = id ? 'secretAccessKey' : 'accessKeyId';
    throw new StartupError(
      `${source}: storage.s3.${missing} (or ${missing}File) is missing; set both or none`,
    );
  }
  return {
    bucket,
    prefix: prefix ?? '',
    endpoint: endpoint?.replace(/\/$/, ''),
    region,
    credentials: id && secret ? { accessKeyId: id, secretAccessKey: secret } : undefined,
    forcePathStyle: s3.forcePathStyle ?? endpoint !== undefined,
  };
}
