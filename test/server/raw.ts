import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { onTestFinished } from 'vitest';

/** What came back for a request that was put together by hand. */
export interface RawResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

type Chunks = Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>;

/** A request over HTTP/1.1 with exactly these headers; the body is sent in chunks as they come. */
export function h1(url: string, options: http.RequestOptions, chunks: Chunks = []): Promise<RawResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<RawResponse>();
  const request = http.request(url, { agent: false, ...options });
  let answered = false;
  request.on('response', async (response) => {
    answered = true;
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part);
    resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
  });
  // A server that has answered may hang up while we are still sending.
  request.on('error', (error) => {
    if (!answered) reject(error);
  });
  void send(request, chunks, () => answered);
  return promise;
}

async function send(request: http.ClientRequest, chunks: Chunks, answered: () => boolean): Promise<void> {
  for await (const chunk of chunks) {
    if (answered() || request.destroyed) break;
    await new Promise((sent) => request.write(chunk, sent));
  }
  request.end();
}

/** A request over cleartext HTTP/2 whose whole body is known. */
export function h2(
  url: string,
  headers: http2.OutgoingHttpHeaders,
  body: Uint8Array | string,
): Promise<RawResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<RawResponse>();
  const session = http2.connect(url).on('error', reject);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ':method': 'POST', ...headers }, { endStream: false });
  let status = 0;
  let received: RawResponse['headers'] = {};
  stream.on('response', (answer) => {
    status = Number(answer[':status']);
    received = { ...answer };
  });
  stream.on('trailers', (trailers) => {
    received = { ...received, ...trailers };
  });
  stream.on('error', reject);
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  stream.on('end', () => resolve({ status, headers: received, body: Buffer.concat(parts) }));
  stream.end(body);
  return promise;
}

/** A bare TCP connection that collects what it receives. */
export async function tcp(port: number) {
  const socket = net.connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return { socket, closed, received: () => received };
}

/** One message in the frame of gRPC and of Connect's streams. */
export function envelope(data: Uint8Array | string, flags = 0): Buffer {
  const bytes = Buffer.from(data);
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** A stream over cleartext HTTP/2 on which both sides send as they like. */
export interface Duplex {
  stream: http2.ClientHttp2Stream;
  /** Resolves when the server has dealt with everything that was sent before, many times over. */
  settled(): Promise<void>;
  /** Resolves when so many messages have come, with what is in them. Rejects when the stream is over before. */
  answers(count: number): Promise<Buffer[]>;
  /** Resolves when the server has said all that it will, with header and trailers together. */
  over: Promise<RawResponse>;
}

/** Opens a stream and leaves it open: write envelopes to `stream`. */
export function duplex(url: string, headers: http2.OutgoingHttpHeaders): Duplex {
  const session = http2.connect(url).on('error', () => undefined);
  onTestFinished(() => session.destroy());
  const connected = new Promise((resolve) => session.once('remoteSettings', resolve));
  const stream = session.request({ ':method': 'POST', 'content-type': 'application/grpc', ...headers });
  const over = Promise.withResolvers<RawResponse>();
  const waiting: { count: number; done: PromiseWithResolvers<Buffer[]> }[] = [];
  let received: RawResponse['headers'] = {};
  let body = Buffer.alloc(0);
  const look = () => {
    const messages = messagesIn(body);
    for (const { count, done } of waiting) if (messages.length >= count) done.resolve(messages);
  };
  const note = (more: http2.IncomingHttpHeaders) => {
    received = { ...received, ...more };
  };
  stream.on('response', note).on('trailers', note);
  stream.on('error', () => undefined);
  stream.on('data', (part: Buffer) => {
    body = Buffer.concat([body, part]);
    look();
  });
  const ended = () => {
    over.resolve({ status: Number(received[':status'] ?? 0), headers: received, body });
    for (const { done } of waiting) done.reject(new Error('the stream is over'));
  };
  stream.once('end', ended).once('close', ended);
  return {
    stream,
    async settled() {
      await connected;
      // The answer to a ping comes behind whatever the server had to say to the frames before it, updates of windows included.
      for (let i = 0; i < 200; i++) {
        await new Promise<void>((resolve, reject) =>
          session.ping((error) => (error ? reject(error) : resolve())),
        );
      }
    },
    over: over.promise,
    answers(count) {
      const done = Promise.withResolvers<Buffer[]>();
      done.promise.catch(() => undefined);
      waiting.push({ count, done });
      look();
      return done.promise;
    },
  };
}

/** What is in the envelopes that are complete, as it was sent. */
function messagesIn(body: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  while (body.length - at >= 5) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    if (end > body.length) break;
    found.push(body.subarray(at + 5, end));
    at = end;
  }
  return found;
}
