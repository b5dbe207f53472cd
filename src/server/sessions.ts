import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';

/** The open HTTP/2 connections of a server. */
export interface Sessions {
  /** Sends GOAWAY to all and lets their open calls finish. */
  close(): void;
  /** Cuts all at once. */
  destroy(): void;
}

/**
 * Keeps track of the HTTP/2 connections of a server, which Node.js neither lists nor closes: one without an
 * open call for `idleMs` is closed, one with an open call never is.
 */
export function trackSessions(server: Http2Server, idleMs: number): Sessions {
  const sessions = new Set<ServerHttp2Session>();

  server.on('session', (session) => {
    let open = 0;
    const wait = () => setTimeout(() => session.close(), idleMs);
    let idle = wait();
    sessions.add(session);
    session.once('close', () => {
      clearTimeout(idle);
      sessions.delete(session);
    });
    session.on('stream', (stream: ServerHttp2Stream) => {
      open++;
      clearTimeout(idle);
      stream.once('close', () => {
        open--;
        if (open === 0 && !session.destroyed) idle = wait();
      });
    });
  });
  // A broken connection ends its calls, and those are logged; by itself it is nothing to report.
  server.on('sessionError', () => undefined);

  return {
    close() {
      for (const session of sessions) session.close();
    },
    destroy() {
      for (const session of sessions) session.destroy();
    },
  };
}
