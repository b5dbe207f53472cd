import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ServerConfig } from '../config.ts';
import type { TakeStream } from './fast/fast-path.ts';
import { createPeeker } from './peek.ts';
import { trackSessions } from './sessions.ts';
import { describeListenError, readTlsFiles } from './startup-errors.ts';

/** A request of HTTP/1.1 or HTTP/2. */
export type HttpRequest = http.IncomingMessage | http2.Http2ServerRequest;
/** A response of HTTP/1.1 or HTTP/2. */
export type HttpResponse = http.ServerResponse | http2.Http2ServerResponse;
/** Answers one request; must not throw. */
export type HttpHandler = (request: HttpRequest, response: HttpResponse) => void;

/** What the listener takes from the configuration of the server. */
export type ListenerConfig = Pick<
  ServerConfig,
  | 'host'
  | 'port'
  | 'tls'
  | 'headersTimeoutMs'
  | 'requestTimeoutMs'
  | 'keepAliveTimeoutMs'
  | 'maxHeaderBytes'
  | 'maxConnections'
  | 'maxConcurrentStreams'
>;

/** One port for HTTP/1.1 and HTTP/2. */
export interface Listener {
  /** Starts to accept connections and returns the port. Throws a StartupError. */
  listen(): Promise<number>;
  /**
   * Stops accepting, tells HTTP/2 clients to go away, closes what is idle and waits for the calls in
   * flight; after `graceMs` it cuts what is left, having called `beforeCut` with the number of connections.
   * Returns whether nothing had to be cut.
   */
  close(graceMs: number, beforeCut: (connections: number) => void): Promise<boolean>;
}

/**
 * Serves both HTTP versions on one port: cleartext connections are told apart by their first bytes, TLS
 * connections by ALPN. Node's HTTP/1.1 server owns the port in both cases, so that its time-outs and limits
 * hold; HTTP/2 connections are handed over to a server that never listens. What `takeStream` takes of their requests does
 * not reach `handler`.
 */
export function createListener(
  config: ListenerConfig,
  handler: HttpHandler,
  takeStream?: TakeStream,
): Listener {
  const h1 = createH1(config, handler);
  const h2 = http2.createServer(
    {
      settings: {
        maxConcurrentStreams: config.maxConcurrentStreams,
        maxHeaderListSize: config.maxHeaderBytes,
      },
    },
    handler,
  );
  if (takeStream) putInFront(h2, takeStream);
  const sessions = trackSessions(h2, config.keepAliveTimeoutMs);
  const peeker = createPeeker(config.headersTimeoutMs);
  h1.maxConnections = config.maxConnections;

  const event = config.tls ? 'secureConnection' : 'connection';
  const [toH1] = h1.listeners(event);
  if (!toH1) throw new Error('this version of Node.js serves HTTP/1.1 in another way');
  h1.removeAllListeners(event);
  const sockets = new Set<Socket>();
  h1.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  let closing = false;
  const handOver = (socket: Socket, protocol: 'h1' | 'h2') => {
    if (closing) socket.destroy();
    else if (protocol === 'h2') sessions.accept(socket);
    else toH1.call(h1, socket);
  };
  if (config.tls) {
    h1.on(event, (socket: TLSSocket) => handOver(socket, socket.alpnProtocol === 'h2' ? 'h2' : 'h1'));
  } else {
    h1.on(event, (socket: Socket) => peeker.peek(socket, (protocol) => handOver(socket, protocol)));
  }

  return {
    listen: () =>
      new Promise((resolve, reject) => {
        const failed = (error: Error) => reject(describeListenError(error, config));
        h1.once('error', failed);
        h1.listen(config.port, config.host, () => {
          h1.off('error', failed);
          resolve((h1.address() as AddressInfo).port);
        });
      }),
    async close(graceMs, beforeCut) {
      let graceful = true;
      closing = true;
      const closed = new Promise<void>((resolve) => h1.close(() => resolve()));
      peeker.destroy();
      sessions.close();
      // A kept-alive connection that was busy when the port closed becomes idle later.
      const again = setInterval(() => h1.closeIdleConnections(), 50);
      const grace = setTimeout(() => {
        graceful = false;
        beforeCut(sockets.size);
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await closed;
      clearInterval(again);
      clearTimeout(grace);
      return graceful;
    },
  };
}

/** Node's own listener makes a request and a response of each stream, and calls the handler. */
function putInFront(h2: http2.Http2Server, takeStream: TakeStream): void {
  const [toHandler] = h2.listeners('stream');
  if (!toHandler) throw new Error('this version of Node.js serves HTTP/2 in another way');
  h2.removeAllListeners('stream');
  h2.on('stream', (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders, ...rest) => {
    if (!takeStream(stream, headers)) toHandler.call(h2, stream, headers, ...rest);
  });
}

function createH1(config: ListenerConfig, handler: HttpHandler): http.Server {
  const options: http.ServerOptions = {
    headersTimeout: Math.min(config.headersTimeoutMs, config.requestTimeoutMs),
    requestTimeout: config.requestTimeoutMs,
    keepAliveTimeout: config.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, Math.max(10, Math.floor(config.headersTimeoutMs / 4))),
    maxHeaderSize: config.maxHeaderBytes,
    // So that a peer that vanished without a word is noticed below an open stream.
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  };
  if (!config.tls) return http.createServer(options, handler);
  const server = https.createServer(
    {
      ...options,
      ...readTlsFiles(config.tls),
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: config.headersTimeoutMs,
    },
    handler,
  );
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}
