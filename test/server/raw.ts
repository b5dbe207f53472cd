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
