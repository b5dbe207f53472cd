import { createHash } from 'node:crypto';
import { createReadStream, readdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { lookup } from 'mrmime';
import type { HttpRequest, HttpResponse } from '../listener.ts';

/** Encodings that a build may have beside a file, the best first. */
const ENCODINGS = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const;

interface StaticFile {
  readonly type: string;
  /** By encoding; '' stands for none. */
  readonly forms: ReadonlyMap<string, Form>;
}

/** A file as it lies there, encoded or not. */
interface Form {
  readonly path: string;
  /** What its content is known by, from when it was first asked for: to read all files at the start would cost time and memory. */
  tag: Promise<string> | undefined;
}

/** Files that were built, served as they are. */
export interface StaticFiles {
  /** Answers a GET or HEAD of a file; returns whether there is such a file. */
  handle(request: HttpRequest, response: HttpResponse, path: string): boolean;
}

/**
 * Opens a folder: what is in it now is what is served, so that no path leads out of it. `cacheControl` says for how long a browser may keep
 * the file under a path. A file that is taken away later is answered with 404.
 */
export function openFiles(folder: string, cacheControl: (path: string) => string): StaticFiles {
  const files = listFiles(folder);
  return {
    handle(request, response, path) {
      const file = files.get(path);
      if (file === undefined) return false;
      void send(file, request, response, cacheControl(path));
      return true;
    },
  };
}

function listFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const all = new Set(names);
  const plain = names.filter((name) => !ENCODINGS.some(({ suffix }) => name.endsWith(suffix)));
  return new Map(
    plain.map((path) => {
      const encoded = ENCODINGS.filter(({ suffix }) => all.has(path + suffix));
      const forms = new Map<string, Form>([
        ['', { path, tag: undefined }],
        ...encoded.map(({ name, suffix }): [string, Form] => [name, { path: path + suffix, tag: undefined }]),
      ]);
      const type = lookup(path) ?? 'application/octet-stream';
      const text = /^text\/|javascript$|json$/.test(type);
      return [
        `/${path.slice(folder.length + 1).replaceAll('\\', '/')}`,
        { type: text ? `${type}; charset=utf-8` : type, forms },
      ];
    }),
  );
}

async function readTag(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return `"${hash.digest('base64url').slice(0, 22)}"`;
}

async function tagOf(form: Form): Promise<string> {
  form.tag ??= readTag(form.path);
  try {
    return await form.tag;
  } catch (error) {
    form.tag = undefined;
    throw error;
  }
}

async function send(
  { type, forms }: StaticFile,
  request: HttpRequest,
  response: HttpResponse,
  cacheControl: string,
): Promise<void> {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const encoding = ENCODINGS.find(
    ({ name }) => forms.has(name) && new RegExp(`\\b${name}\\b`).test(accepted),
  );
  const form = forms.get(encoding?.name ?? '');
  let handle: FileHandle | undefined;
  try {
    response.setHeader('x-content-type-options', 'nosniff');
    if (form === undefined) throw new Error('there is no such form');
    const tag = await tagOf(form);
    handle = await open(form.path);
    response.setHeader('cache-control', cacheControl);
    response.setHeader('vary', 'accept-encoding');
    response.setHeader('etag', tag);
    if (request.headers['if-none-match'] === tag) {
      response.statusCode = 304;
      response.end();
      return;
    }
    response.setHeader('content-type', type);
    response.setHeader('content-length', (await handle.stat()).size);
    if (encoding !== undefined) response.setHeader('content-encoding', encoding.name);
    if (request.method === 'HEAD') response.end();
    else await pipeline(createReadStream(form.path, { fd: handle.fd, autoClose: false }), response);
  } catch {
    // A build took the file away, or the client went away.
    if (response.headersSent) response.destroy();
    else {
      response.statusCode = 404;
      response.setHeader('cache-control', 'no-store');
      response.end();
    }
  } finally {
    await handle?.close().catch(() => {});
  }
}
