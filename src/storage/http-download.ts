import { pipeline } from 'node:stream/promises';
import {
  HttpRefusal,
  type StorageHandlerOptions,
  type StorageRequest,
  type StorageResponse,
} from './http-types.ts';
import { fileNameOf, type StoragePath } from './paths.ts';
import { isReport, presentation } from './presentation.ts';
import { parseRange } from './range.ts';
import { watchProgress } from './stall.ts';

/** Answers a GET or HEAD with a stored file, or the one range of it that was asked for. */
export async function sendFile(
  options: StorageHandlerOptions,
  request: StorageRequest,
  response: StorageResponse,
  path: StoragePath,
): Promise<void> {
  const file = await options.files.openFile(path);
  if (!file) throw new HttpRefusal(404, 'there is no such file');
  try {
    const { size } = file;
    // There is no validator to compare an If-Range with, so it never holds.
    const range =
      request.headers['if-range'] === undefined ? parseRange(request.headers.range, size) : undefined;
    if (range === 'unsatisfiable') {
      throw new HttpRefusal(416, `the file has ${size} bytes`, { 'content-range': `bytes */${size}` });
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    response.writeHead(range ? 206 : 200, {
      ...headersFor(fileNameOf(path)),
      'content-length': String(end - start + 1),
      ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    });
    if (request.method === 'HEAD' || size === 0) {
      response.end();
      return;
    }
    using progress = watchProgress(options.stallTimeoutMs, () => request.destroy());
    const source = file.handle.createReadStream({ start, end, autoClose: false });
    source.on('data', () => progress.made());
    await pipeline(source, response);
  } finally {
    await file.handle.close();
  }
}

/**
 * A report may run scripts, for its tabs and plots, but as an origin of its own that has nothing and reaches nobody: without
 * `allow-same-origin` there are no cookies, no storage and no access to the page around it; nothing can be fetched, sent or submitted,
 * from this service least of all; no other page opened, no frame, no worker. Libraries, styles, fonts and pictures may come from
 * https addresses: plots are made that way, and whoever writes a report knows what is in it already.
 */
const REPORT_POLICY = [
  'sandbox allow-scripts',
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' https:",
  "style-src 'unsafe-inline' https:",
  'font-src data: https:',
  'img-src data: blob: https:',
  'media-src data: blob:',
  "connect-src 'none'",
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');

/**
 * What tasks store is shown, but never trusted: a report lives in a sandbox, everything else is saved, and a signed URL is not handed on
 * to the sites that a report links to.
 */
function headersFor(filename: string): Record<string, string> {
  const { contentType, contentDisposition } = presentation(filename);
  return {
    'content-type': contentType,
    'content-disposition': contentDisposition,
    'content-security-policy': isReport(filename) ? REPORT_POLICY : 'sandbox',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'private, no-cache',
    'accept-ranges': 'bytes',
  };
}
