import { createHash } from 'node:crypto';
import {
  HttpRefusal,
  type StorageHandlerOptions,
  type StorageRequest,
  type StorageResponse,
} from './http-types.ts';
import type { Grant } from './signing.ts';
import { watchProgress } from './stall.ts';

/**
 * Stores the body of a PUT. The file appears only when everything has arrived, has the signed digest and is on disk; until then, and
 * after any failure, what stood there before stays.
 */
export async function receiveFile(
  options: StorageHandlerOptions,
  request: StorageRequest,
  response: StorageResponse,
  grant: Grant,
): Promise<void> {
  const maxBytes = Math.min(options.maxUploadBytes, grant.maxBytes ?? options.maxUploadBytes);
  checkHeaders(request, grant, maxBytes);
  await options.files.replaceFile(grant.path, async (handle) => {
    const md5 = createHash('md5');
    let received = 0;
    using progress = watchProgress(options.stallTimeoutMs, () =>
      request.destroy(new Error('the upload stalled')),
    );
    // A refusal must leave the stream open, or the client could not read the answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      received += chunk.length;
      if (received > maxBytes) throw tooLarge(maxBytes);
      md5.update(chunk);
      await handle.appendFile(chunk);
      progress.made();
    }
    if (request.aborted) throw new HttpRefusal(400, 'the upload was cut off');
    if (md5.digest('base64') !== grant.md5) {
      throw new HttpRefusal(400, 'the content does not have the MD5 digest that the URL was signed for');
    }
  });
  response.writeHead(200, { 'content-length': '0' });
  response.end();
}

/** What the headers alone show to be wrong, before anything is written. */
function checkHeaders(request: StorageRequest, grant: Grant, maxBytes: number): void {
  const length = request.headers['content-length'];
  if (length !== undefined && Number(length) > maxBytes) throw tooLarge(maxBytes);
  const md5 = request.headers['content-md5'];
  if (md5 !== undefined && md5 !== grant.md5) {
    throw new HttpRefusal(400, 'Content-MD5 is not the digest that the URL was signed for');
  }
  if (request.headers['content-encoding'] !== undefined || request.headers['content-range'] !== undefined) {
    throw new HttpRefusal(400, 'the content must be sent whole and without an encoding');
  }
}

const tooLarge = (maxBytes: number) =>
  new HttpRefusal(413, `the content is larger than the ${maxBytes} bytes allowed`);
