import { cors } from '@connectrpc/connect';
import type { HttpRequest, HttpResponse } from './listener.ts';

const methods = [...new Set([...cors.allowedMethods, 'HEAD', 'PUT'])].join(', ');
const allowed = [...cors.allowedHeaders, 'Authorization', 'Content-MD5', 'Range', 'X-Request-Id'].join(', ');
const exposed = [...cors.exposedHeaders, 'Content-Range', 'ETag', 'X-Request-Id'].join(', ');

/**
 * Lets pages of the given origins (`*`: of all) call the service from a browser. The returned function sets
 * the headers of a response and answers preflight requests; it returns whether it has answered.
 */
export function createCors(
  allowedOrigins: readonly string[],
): (request: HttpRequest, response: HttpResponse) => boolean {
  if (allowedOrigins.length === 0) return () => false;
  const any = allowedOrigins.includes('*');
  const known = new Set(allowedOrigins);

  return (request, response) => {
    if (!any) response.setHeader('Vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !(any || known.has(origin))) return false;
    response.setHeader('Access-Control-Allow-Origin', any ? '*' : origin);
    response.setHeader('Access-Control-Expose-Headers', exposed);
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
      return false;
    response.statusCode = 204;
    response.setHeader('Access-Control-Allow-Methods', methods);
    response.setHeader('Access-Control-Allow-Headers', allowed);
    response.setHeader('Access-Control-Max-Age', '7200');
    response.end();
    return true;
  };
}
