import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { resolve as absolutePath, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartupError } from '../config/errors.ts';
import { invalidArgument, resourceExhausted } from '../runs/errors.ts';
import { type Clock, instantFromMicros, microsOf } from '../runs/instant.ts';
import { quote } from '../runs/names.ts';
import { createStorageHandler } from './http-handler.ts';
import type { StorageHandler } from './http-types.ts';
import { joinStoragePath, parseStoragePath, pathSegment, type StoragePath, storagePath } from './paths.ts';
import { createSafeFolder } from './safe-folder.ts';
import { type Grant, signedPath } from './signing.ts';
import type { LinkOptions, Storage, UploadLocation, UploadRequest } from './storage.ts';

const DEFAULT_MAX_EXPIRY_MS = 3600 * 1000;
const DEFAULT_STALL_MS = 60 * 1000;
const MD5_BYTES = 16;

/** What a folder storage needs to know. */
export interface FolderStorageOptions {
  readonly folder: string;
  /** Kept in the database, so that every replica accepts what another one signed. */
  readonly signingKey: Buffer;
  readonly maxUploadBytes: number;
  /** Milliseconds that a URL is valid where the request names no time. */
  readonly defaultExpiryMs: number;
  /** Milliseconds; requests for longer are refused. One hour unless given, and never less than the default. */
  readonly maxExpiryMs?: number | undefined;
  readonly clock: Clock;
  /** Milliseconds without any progress after which a transfer is given up; one minute unless given. */
  readonly stallTimeoutMs?: number | undefined;
  /** Receives what clients must not see: failures of the file system. */
  readonly onFailure: (error: unknown, what: string) => void;
}

/** A Storage in a folder, with the HTTP handler that its signed URLs lead to. */
export interface FolderStorage extends Storage {
  readonly handler: StorageHandler;
}

/** Keeps files in a folder. URIs are absolute paths, which is what Flyte's SDK reads and writes without further setup. */
export function createFolderStorage(options: FolderStorageOptions): FolderStorage {
  const root = absolutePath(options.folder);
  const files = createSafeFolder(root);
  const maxExpiryMs = Math.max(options.maxExpiryMs ?? DEFAULT_MAX_EXPIRY_MS, options.defaultExpiryMs);
  const nowMs = () => Number(microsOf(options.clock()) / 1000n);

  function sign(
    grant: Omit<Grant, 'expiresAtMs'>,
    { baseUrl, expiresInMs = options.defaultExpiryMs }: LinkOptions,
  ) {
    if (expiresInMs <= 0 || expiresInMs > maxExpiryMs) {
      throw invalidArgument(`expires_in must be more than 0 and at most ${maxExpiryMs / 1000} seconds`);
    }
    const expiresAtMs = nowMs() + Math.ceil(expiresInMs);
    return {
      signedUrl: baseUrl.replace(/\/+$/, '') + signedPath(options.signingKey, { ...grant, expiresAtMs }),
      expiresAt: instantFromMicros(BigInt(expiresAtMs) * 1000n),
    };
  }

  function uploadLocation(request: UploadRequest): UploadLocation {
    const { contentMd5, contentLength } = request;
    if (contentMd5.length !== MD5_BYTES) throw invalidArgument('content_md5 must be 16 bytes');
    if (contentLength !== undefined && (contentLength < 0 || contentLength > options.maxUploadBytes)) {
      throw invalidArgument(
        `content_length is ${contentLength}; uploads may have 0 to ${options.maxUploadBytes} bytes`,
      );
    }
    const path = uploadPath(request);
    const md5 = Buffer.from(contentMd5).toString('base64');
    const signed = sign({ method: 'PUT', path, md5, maxBytes: contentLength }, request);
    // Spelt as Flyte's SDK spells it: it overwrites this key of its header map, and another spelling would send the header twice.
    return { ...signed, nativeUrl: nativeUrl(path), headers: { 'Content-MD5': md5 } };
  }

  function resolve(uri: string): StoragePath | undefined {
    const path = uri.startsWith('file:') ? pathOfFileUri(uri) : uri;
    const prefix = root.endsWith(sep) ? root : root + sep;
    if (!path?.startsWith(prefix)) return undefined;
    return parseStoragePath(path.slice(prefix.length).replace(/\/$/, ''));
  }

  function nativeUrl(path: StoragePath): string {
    return join(root, path);
  }

  async function read(uri: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const path = resolve(uri);
    const file = path === undefined ? undefined : await files.openFile(path);
    if (!file) return undefined;
    try {
      if (file.size > maxBytes) {
        throw resourceExhausted(
          `${quote(uri)} has ${file.size} bytes, more than the ${maxBytes} that fit here`,
        );
      }
      return await file.handle.readFile();
    } finally {
      await file.handle.close();
    }
  }

  return {
    uploadLocation,
    downloadLink(uri, link) {
      const path = resolve(uri);
      if (path === undefined) throw invalidArgument(`${quote(uri)} is not in the storage of this service`);
      return sign({ method: 'GET', path }, link);
    },
    resolve,
    nativeUrl,
    read,
    async write(path, content) {
      await files.replaceFile(path, (handle) => handle.writeFile(content));
      return nativeUrl(path);
    },
    async exists(uri) {
      const path = resolve(uri);
      return path !== undefined && (await files.hasFile(path));
    },
    async checkUsable() {
      await files.checkUsable().catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new StartupError(`storage.folder: files can't be written to "${root}" (${reason})`);
      });
    },
    handler: createStorageHandler({
      files,
      signingKey: options.signingKey,
      maxUploadBytes: options.maxUploadBytes,
      stallTimeoutMs: options.stallTimeoutMs ?? DEFAULT_STALL_MS,
      nowMs,
      onFailure: options.onFailure,
    }),
  };
}

/**
 * Where the uploads of a project and domain lie. An organization, where it counts, is marked with '@', which no project's name
 * can begin with.
 */
export function uploadFolder(org: string, project: string, domain: string): StoragePath {
  const owner = org === '' ? [] : [pathSegment(`@${org}`, 'org')];
  return joinStoragePath(
    storagePath('uploads', 'the path'),
    ...owner,
    pathSegment(project, 'project'),
    pathSegment(domain, 'domain'),
  );
}

function uploadPath(request: UploadRequest): StoragePath {
  const { filename, filenameRoot, contentMd5 } = request;
  return joinStoragePath(
    uploadFolder(request.org, request.project, request.domain),
    storagePath(filenameRoot || Buffer.from(contentMd5).toString('hex'), 'filename_root'),
    storagePath(filename || randomUUID(), 'filename'),
  );
}

function pathOfFileUri(uri: string): string | undefined {
  try {
    // Not through URL's own normalization: a path that climbs is refused, not cleaned.
    if (!/^file:\/\/(localhost)?\//.test(uri)) return undefined;
    if (/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(uri.slice('file://'.length))) return undefined;
    return fileURLToPath(uri.replace(/^file:\/\/localhost/, 'file://'));
  } catch {
    return undefined;
  }
}
