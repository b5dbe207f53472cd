import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { FrameReader } from './wire.ts';

/** gRPC over one HTTP/2 connection, with requests that are encoded already: cheap enough not to be what is measured. */
export class GrpcConnection {
  readonly session: ClientHttp2Session;

  /** `localAddress` is the loopback address to come from; services count streams per client address. */
  constructor(url: string, options: { localAddress?: string } = {}) {
    this.session = connect(url, {
      settings: { initialWindowSize: 1 << 20, enablePush: false },
      peerMaxConcurrentStreams: 1000,
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    });
    this.session.on('error', () => undefined);
    this.session.on('connect', () => this.session.setLocalWindowSize(4 << 20));
  }

  /** One call with one framed message; resolves with the message that came back. Rejects when grpc-status is not 0. */
  unary(path: string, framed: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const stream = this.#open(path);
      let answer: Buffer | undefined;
      let rest: Buffer[] | undefined;
      let status: string | undefined;
      let message = '';
      const note = (headers: Record<string, unknown>) => {
        if (headers['grpc-status'] === undefined) return;
        status = String(headers['grpc-status']);
        message = decodeURIComponent(String(headers['grpc-message'] ?? ''));
      };
      stream.on('response', note);
      stream.on('trailers', note);
      stream.on('data', (chunk: Buffer) => {
        if (answer === undefined) answer = chunk;
        else {
          rest ??= [answer];
          rest.push(chunk);
        }
      });
      stream.on('error', reject);
      stream.on('close', () => {
        const whole = rest === undefined ? answer : Buffer.concat(rest);
        if (status === '0' && whole !== undefined) resolve(whole.subarray(5));
        else reject(new Error(`${path}: grpc-status ${status ?? 'missing'} ${message}`));
      });
      stream.end(framed);
    });
  }

  /** A call with one request whose messages are handed over one by one; resolves when the stream is closed, by either side. */
  serverStream(
    path: string,
    framed: Buffer,
    onMessage: (message: Buffer) => void,
  ): { stream: ClientHttp2Stream; closed: Promise<void> } {
    const stream = this.#open(path);
    const closed = this.#read(stream, path, onMessage);
    stream.end(framed);
    return { stream, closed };
  }

  /** A call whose request stays open: write frames to `stream`. */
  bidiStream(
    path: string,
    onMessage: (message: Buffer) => void,
  ): { stream: ClientHttp2Stream; closed: Promise<void> } {
    const stream = this.#open(path);
    return { stream, closed: this.#read(stream, path, onMessage) };
  }

  close(): void {
    this.session.destroy();
  }

  #open(path: string): ClientHttp2Stream {
    return this.session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
  }

  #read(stream: ClientHttp2Stream, path: string, onMessage: (message: Buffer) => void): Promise<void> {
    const frames = new FrameReader();
    return new Promise((resolve, reject) => {
      let status = '';
      const note = (headers: Record<string, unknown>) => {
        if (headers['grpc-status'] !== undefined)
          status = `${headers['grpc-status']} ${headers['grpc-message'] ?? ''}`;
      };
      stream.on('response', note);
      stream.on('trailers', note);
      stream.on('data', (chunk: Buffer) => {
        for (const message of frames.push(chunk)) onMessage(message);
      });
      stream.on('error', reject);
      stream.on('close', () => {
        if (status === '' || status.startsWith('0')) resolve();
        else reject(new Error(`${path}: grpc-status ${status}`));
      });
    });
  }
}
