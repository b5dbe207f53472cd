import { Buffer } from 'node:buffer';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { StartupError } from '../config/errors.ts';
import type { S3Config } from '../config/storage.ts';
import { invalidArgument, resourceExhausted } from '../runs/errors.ts';
import { type Clock, microsOf } from '../runs/instant.ts';
import { quote } from '../runs/names.ts';
import { fileNameOf, INCOMING, parseStoragePath, type StoragePath } from './paths.ts';
import { presentation } from './presentation.ts';
import { openS3Client } from './s3-client.ts';
import { explainedS3Error, isAbsent, s3Reason } from './s3-errors.ts';
import { s3TaskEnvironment } from './s3-task-environment.ts';
import type { LinkOptions, Storage, UploadLocation, UploadRequest } from './storage.ts';
import { checkUpload, type ExpiryLimits, expiryOf, instantOfMs, uploadPath } from './uploads.ts';

/** What an S3 storage needs to know. */
export interface S3StorageOptions extends ExpiryLimits {
  readonly s3: S3Config;
  readonly maxUploadBytes: number;
  readonly clock: Clock;
}

/** A Storage in a bucket. */
export interface S3Storage extends Storage {
  /** Ends its connections. */
  close(): void;
}

/**
 * Keeps files in a bucket of an S3-compatible server. URIs are `s3://bucket/prefix/…`; signed URLs lead to that server itself, so
 * `baseUrl` does not matter. An upload is held to its digest, and to its length where that was announced.
 */
export function createS3Storage(options: S3StorageOptions): S3Storage {
  const { s3 } = options;
  const client = openS3Client(s3);
  const root = `s3://${s3.bucket}/${s3.prefix === '' ? '' : `${s3.prefix}/`}`;
  const target = (path: string) => ({
    Bucket: s3.bucket,
    Key: s3.prefix === '' ? path : `${s3.prefix}/${path}`,
  });
  const nativeUrl = (path: StoragePath) => root + path;

  function resolve(uri: string): StoragePath | undefined {
    return uri.startsWith(root) ? parseStoragePath(uri.slice(root.length).replace(/\/$/, '')) : undefined;
  }

  async function sign(command: GetObjectCommand | PutObjectCommand, link: LinkOptions) {
    const nowMs = Number(microsOf(options.clock()) / 1000n);
    const expiresAtMs = expiryOf(options, link, nowMs);
    try {
      const signedUrl = await getSignedUrl(client, command, {
        expiresIn: Math.ceil((expiresAtMs - nowMs) / 1000),
        signingDate: new Date(nowMs),
        // Left as headers that the client must send: hidden in the query they would bind nobody.
        unhoistableHeaders: new Set(['content-md5', 'content-length']),
      });
      return { signedUrl, expiresAt: instantOfMs(expiresAtMs) };
    } catch (error) {
      throw explainedS3Error(error);
    }
  }

  async function uploadLocation(request: UploadRequest): Promise<UploadLocation> {
    checkUpload(request, options.maxUploadBytes);
    const path = uploadPath(request);
    const md5 = Buffer.from(request.contentMd5).toString('base64');
    const length = request.contentLength === undefined ? {} : { ContentLength: request.contentLength };
    const put = new PutObjectCommand({ ...target(path), ContentMD5: md5, ...length });
    return { ...(await sign(put, request)), nativeUrl: nativeUrl(path), headers: { 'Content-MD5': md5 } };
  }

  async function get(path: StoragePath): Promise<GetObjectCommandOutput | undefined> {
    try {
      return await client.send(new GetObjectCommand(target(path)));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw explainedS3Error(error);
    }
  }

  async function put(key: string, content: Uint8Array): Promise<void> {
    await client.send(new PutObjectCommand({ ...target(key), Body: content, ContentLength: content.length }));
  }

  return {
    uploadLocation,
    async downloadLink(uri, link) {
      const path = resolve(uri);
      if (path === undefined) throw invalidArgument(`${quote(uri)} is not in the storage of this service`);
      const { contentType, contentDisposition } = presentation(fileNameOf(path));
      const shown = { ResponseContentType: contentType, ResponseContentDisposition: contentDisposition };
      return sign(new GetObjectCommand({ ...target(path), ...shown }), link);
    },
    resolve,
    nativeUrl,
    async read(uri, maxBytes) {
      const path = resolve(uri);
      const object = path === undefined ? undefined : await get(path);
      if (object === undefined) return undefined;
      const bytes = await readBody(object, maxBytes);
      if (bytes !== undefined) return bytes;
      throw resourceExhausted(
        `${quote(uri)} has ${object.ContentLength ?? 'many'} bytes, more than the ${maxBytes} that fit here`,
      );
    },
    async write(path, content) {
      try {
        await put(path, content);
        return nativeUrl(path);
      } catch (error) {
        throw explainedS3Error(error);
      }
    },
    async exists(uri) {
      const path = resolve(uri);
      if (path === undefined) return false;
      try {
        await client.send(new HeadObjectCommand(target(path)));
        return true;
      } catch (error) {
        if (isAbsent(error)) return false;
        throw explainedS3Error(error);
      }
    },
    taskEnvironment: async () => s3TaskEnvironment(s3, await credentialsOf(client)),
    async checkUsable() {
      try {
        await put(`${INCOMING}/probe`, Buffer.from('probe'));
      } catch (error) {
        throw new StartupError(`storage.s3: files can't be written to ${root} (${s3Reason(error)})`);
      }
    },
    close: () => client.destroy(),
  };
}

/** The bytes of an object, or undefined if there are too many; then the rest is not fetched. */
async function readBody(object: GetObjectCommandOutput, maxBytes: number): Promise<Uint8Array | undefined> {
  const body = object.Body as NodeJS.ReadableStream & { destroy(): void };
  const chunks: Uint8Array[] = [];
  let size = object.ContentLength ?? 0;
  if (size <= maxBytes) {
    size = 0;
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > maxBytes) break;
        chunks.push(chunk);
      }
    } catch (error) {
      throw explainedS3Error(error);
    }
  }
  if (size <= maxBytes) return Buffer.concat(chunks);
  body.destroy();
  return undefined;
}

async function credentialsOf(client: S3Client) {
  try {
    return await client.config.credentials();
  } catch (error) {
    throw explainedS3Error(error);
  }
}
