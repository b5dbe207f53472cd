import type { IncomingHttpHeaders, Http2Session, ServerHttp2Stream } from 'node:http2';
import { requestIdOf } from '../app.ts';
import { compressions } from '../compression.ts';
import type { InFlight } from '../in-flight.ts';
import type { CallOptions } from './grpc-call.ts';
import { ManyRequestsCall } from './many-requests-call.ts';
import type { FastMethod } from './methods.ts';
import { SingleRequestCall } from './single-request-call.ts';

/** Answers a request of HTTP/2 if it can; returns whether it does. Otherwise it has left the stream alone. */
export type TakeStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => boolean;

const contentTypes = new Set(['application/grpc', 'application/grpc+proto']);
const encodings = new Set([undefined, 'identity', ...compressions.map(({ name }) => name)]);
/** A host that surely makes a URL, with a port or without. */
const plainAuthority = /^[\w.:[\]-]+$/;

/**
 * Answers gRPC with binary messages on streams of HTTP/2 without Connect's adapter, which costs more than all the rest of a
 * small call: the same handlers, checks, limits and log lines, a fraction of the objects in between. Whatever is in any way
 * unusual is left to Connect: other content types and methods of HTTP, unknown paths and compressions, requests of browsers.
 */
export function createFastPath(
  methods: ReadonlyMap<string, FastMethod>,
  inFlight: Pick<InFlight, 'enter'>,
  options: CallOptions,
): TakeStream {
  const addresses = new WeakMap<Http2Session, string>();

  function addressOf({ session }: ServerHttp2Stream): string {
    if (session === undefined) return 'unknown';
    const known = addresses.get(session);
    if (known !== undefined) return known;
    const address = session.socket.remoteAddress ?? 'unknown';
    addresses.set(session, address);
    return address;
  }

  return (stream, headers) => {
    const target = methods.get(headers[':path'] ?? '');
    if (
      target === undefined ||
      headers[':method'] !== 'POST' ||
      !contentTypes.has(headers['content-type'] ?? '') ||
      !encodings.has(headers['grpc-encoding']?.toString()) ||
      !plainAuthority.test(headers[':authority'] ?? '') ||
      headers.origin !== undefined
    )
      return false;
    const requestId = requestIdOf(headers['x-request-id']);
    const { method } = target;
    const client = addressOf(stream);
    inFlight.enter(stream, {
      name: `${method.parent.typeName}/${method.name}`,
      requestId,
      client,
      isStream: method.methodKind !== 'unary',
    });
    const takesMany = method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming';
    const Kind = takesMany ? ManyRequestsCall : SingleRequestCall;
    new Kind(options, target, stream, headers, { requestId, method, client }).begin();
    return true;
  };
}
