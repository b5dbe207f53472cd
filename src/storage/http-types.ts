import type { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { SafeFolder } from './safe-folder.ts';

/** A request of either HTTP version, as Node's servers hand it over. */
export type StorageRequest = IncomingMessage | Http2ServerRequest;

/** What the handler needs of a response; those of Node's HTTP/1.1 and HTTP/2 servers both have it. */
export interface StorageResponse extends NodeJS.WritableStream {
  readonly headersSent: boolean;
  readonly destroyed?: boolean;
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
}

/** Answers one request below STORAGE_PREFIX; never rejects. */
export type StorageHandler = (request: StorageRequest, response: StorageResponse) => Promise<void>;

/** What the handler works with. */
export interface StorageHandlerOptions {
  readonly files: SafeFolder;
  readonly signingKey: Buffer;
  readonly maxUploadBytes: number;
  /** Milliseconds without any progress after which a transfer is given up. */
  readonly stallTimeoutMs: number;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Receives what clients must not see. */
  readonly onFailure: (error: unknown, what: string) => void;
}

/** An answer that is not a success: a status and one sentence. */
export class HttpRefusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
