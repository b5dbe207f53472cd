import { Buffer } from 'node:buffer';
import { resolve as absolutePath, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartupError } from '../config/errors.ts';
import { invalidArgument, resourceExhausted } from '../runs/errors.ts';
import { type Clock, microsOf } from '../runs/instant.ts';
import { quote } from '../runs/names.ts';
import { createStorageHandler } from './http-handler.ts';
import type { StorageHandler } from './http-types.ts';
import { parseStoragePath, type StoragePath } from './paths.ts';
import { createSafeFolder } from './safe-folder.ts';
import { type Grant, signedPath } from './signing.ts';
import type { LinkOptions, Storage, UploadLocation, UploadRequest } from './storage.ts';
import { checkUpload, type ExpiryLimits, expiryOf, instantOfMs, uploadPath } from './uploads.ts';

const DEFAULT_STALL_MS = 60 * 1000;

/** What a folder storage needs to know. */
export interface FolderStorageOptions extends ExpiryLimits {
  readonly folder: string;
  /** Kept in the database, so that every replica accepts what another one signed. */
  readonly signingKey: Buffer;
  readonly maxUploadBytes: number;
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

/** The SDK's own way of saying that it should make folders as it writes. */
const TASK_ENVIRONMENT = { FSSPEC_FILE: JSON.stringify({ auto_mkdir: true }) };

/** Keeps files in a folder. URIs are absolute paths, which is what Flyte's SDK reads and writes without further setup. */
export function createFolderStorage(options: FolderStorageOptions): FolderStorage {
  const root = absolutePath(options.folder);
  const files = createSafeFolder(root);
  const nowMs = () => Number(microsOf(options.clock()) / 1000n);

  function sign(grant: Omit<Grant, 'expiresAtMs'>, link: LinkOptions) {
    const expiresAtMs = expiryOf(options, link, nowMs());
    return {
      signedUrl: link.baseUrl.replace(/\/+$/, '') + signedPath(options.signingKey, { ...grant, expiresAtMs }),
      expiresAt: instantOfMs(expiresAtMs),
    };
  }

  async function uploadLocation(request: UploadRequest): Promise<UploadLocation> {
    checkUpload(request, options.maxUploadBytes);
    const path = uploadPath(request);
    const md5 = Buffer.from(request.contentMd5).toString('base64');
    const signed = sign({ method: 'PUT', path, md5, maxBytes: request.contentLength }, request);
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
    async downloadLink(uri, link) {
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
    taskEnvironment: async () => TASK_ENVIRONMENT,
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
