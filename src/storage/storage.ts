import type { Instant } from '../runs/instant.ts';
import type { StoragePath } from './paths.ts';

/** What every signed URL is made with. */
export interface LinkOptions {
  /** How the client reaches this service, `scheme://host[:port][/prefix]`; a storage with an address of its own needs none. */
  readonly baseUrl: string;
  /** Milliseconds that the URL stays valid; undefined for the configured default. */
  readonly expiresInMs?: number | undefined;
}

/** What a client wants to upload; every text is checked before it becomes part of a path. */
export interface UploadRequest extends LinkOptions {
  /** The organization as it stands in keys: empty where organizations are shared. */
  readonly org: string;
  readonly project: string;
  readonly domain: string;
  /** May be empty: a random name is made. */
  readonly filename: string;
  /** Folder below the project and domain, several segments allowed; empty: a folder named by the digest. */
  readonly filenameRoot: string;
  /** The 16 bytes of the content's MD5. */
  readonly contentMd5: Uint8Array;
  /** Bytes; undefined where the client did not say. */
  readonly contentLength?: number | undefined;
}

/** Where to PUT the content, and the name by which it is known afterwards. */
export interface UploadLocation {
  readonly signedUrl: string;
  readonly nativeUrl: string;
  readonly expiresAt: Instant;
  /** Headers that the PUT should carry. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Where to GET a stored file. */
export interface DownloadLink {
  readonly signedUrl: string;
  readonly expiresAt: Instant;
}

/**
 * Files of the service: inputs, outputs, reports and code bundles. A URI is what clients see and what is recorded; it always
 * names something inside this storage, else it is refused. Failures are DomainErrors with a sentence for the caller.
 */
export interface Storage {
  /** Signs a PUT. Throws invalid_argument for names that are no path, sizes beyond the bound or lifetimes beyond the limit. */
  uploadLocation(request: UploadRequest): Promise<UploadLocation>;

  /** Signs a GET of a file; whether it exists is not looked at. Throws invalid_argument for a URI outside or a wrong lifetime. */
  downloadLink(uri: string, options: LinkOptions): Promise<DownloadLink>;

  /** The path inside this storage that a URI names, or undefined if it names nothing inside. No file is touched. */
  resolve(uri: string): StoragePath | undefined;

  /** The URI of a path. */
  nativeUrl(path: StoragePath): string;

  /**
   * The whole content of a file, or undefined if there is none (or the URI is outside). Throws resource_exhausted if it
   * is larger than maxBytes.
   */
  read(uri: string, maxBytes: number): Promise<Uint8Array | undefined>;

  /** Stores bytes durably, replacing what was there at once; returns the URI. Writing the same again changes nothing. */
  write(path: StoragePath, content: Uint8Array): Promise<string>;

  /** Whether the URI names a file inside this storage. */
  exists(uri: string): Promise<boolean>;

  /** The environment variables by which Flyte's SDK, inside a task, reaches this storage. They may hold credentials. */
  taskEnvironment(): Promise<Readonly<Record<string, string>>>;

  /** Throws a StartupError with a sentence that names the setting unless files can be written. */
  checkUsable(): Promise<void>;
}
