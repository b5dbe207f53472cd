import { constants } from 'node:http2';
import type { HttpRequest, HttpResponse } from './listener.ts';
import { discardMs } from './wire-options.ts';

/**
 * The body of a request as it arrives. Whoever stops reading early (a message is too large, say) does not
 * cut the connection: the client gets to read the answer, and the rest of its request is thrown away for at
 * most ten seconds.
 */
export function requestBody(request: HttpRequest, response: HttpResponse): AsyncIterable<Uint8Array> {
  // A response of HTTP/2 tells of its end only when its stream is closed, for which it would wait here.
  const answer = 'stream' in response ? response.stream : response;
  answer.once('finish', () => {
    if (request.complete || request.destroyed) return;
    const timer = setTimeout(() => cut(request), discardMs).unref();
    request.once('close', () => clearTimeout(timer));
    request.resume();
  });
  return {
    [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }),
  };
}

/**
 * Cuts a request over HTTP/2 that is not complete after `timeoutMs`, as Node's own server does for HTTP/1.1.
 * Not for requests that are streams by nature.
 */
export function limitRequestTime(request: HttpRequest, timeoutMs: number): void {
  if (!('stream' in request) || request.complete) return;
  const timer = setTimeout(() => cut(request), timeoutMs).unref();
  const stop = () => clearTimeout(timer);
  request.once('end', stop).once('close', stop);
}

function cut(request: HttpRequest): void {
  if ('stream' in request) request.stream.close(constants.NGHTTP2_CANCEL);
  else request.destroy();
}
