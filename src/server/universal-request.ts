import type { IncomingHttpHeaders } from 'node:http';
import type { ContextValues } from '@connectrpc/connect';
import type { UniversalServerRequest } from '@connectrpc/connect/protocol';
import { goneError } from './call-errors.ts';
import { dropEndlessDeadline } from './deadline.ts';
import type { HttpRequest, HttpResponse } from './listener.ts';
import { requestBody } from './request-body.ts';

/**
 * A request as Connect's handlers take it. Its signal is aborted when the client goes away before it has its
 * answer. Undefined if host and path make no URL.
 */
export function universalRequest(
  request: HttpRequest,
  response: HttpResponse,
  scheme: 'http' | 'https',
  contextValues: ContextValues,
): UniversalServerRequest | undefined {
  const authority = ('authority' in request && request.authority) || request.headers.host || 'localhost';
  const url = URL.parse(request.url ?? '', `${scheme}://${authority}`);
  if (!url) return undefined;

  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableEnded) controller.abort(goneError());
  });
  // Where it came from is in the signal; here it only must not go unheard.
  request.on('error', () => undefined);

  const header = webHeaders(request.headers);
  dropEndlessDeadline(header);
  return {
    httpVersion: request.httpVersion,
    method: request.method ?? '',
    url: url.href,
    header,
    body: requestBody(request, response),
    signal: controller.signal,
    contextValues,
  };
}

/** The headers of a request as handlers take them, without the pseudo-headers of HTTP/2. */
export function webHeaders(headers: IncomingHttpHeaders): Headers {
  const header = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':')) continue;
    if (Array.isArray(value)) for (const item of value) header.append(name, item);
    else header.append(name, value);
  }
  return header;
}
