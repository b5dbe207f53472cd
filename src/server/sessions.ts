import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

/** The open HTTP/2 connections of a server. */
export interface Sessions {
  /** Lets the server speak HTTP/2 on a connection. */
  accept(socket: Socket): void;
  /** Sends GOAWAY to all and lets their open calls finish. */
  close(): void;
}

/** How long a client may take to close its side of a connection on which nothing is left to say. */
const lingerMs = 1000;

/**
 * Keeps track of the HTTP/2 connections of a server, which Node.js neither lists nor closes: one without an
 * open call for `idleMs` is closed, one with an open call never is.
 */
export function trackSessions(server: Http2Server, idleMs: number): Sessions {
  const sessions = new Set<ServerHttp2Session>();

  function closeWhenIdle(session: ServerHttp2Session): void {
    let open = 0;
    const wait = () => setTimeout(() => session.close(), idleMs);
    let idle = wait();
    session.once('close', () => clearTimeout(idle));
    session.on('stream', (stream: ServerHttp2Stream) => {
      open++;
      clearTimeout(idle);
      stream.once('close', () => {
        open--;
        if (open === 0 && !session.destroyed) idle = wait();
      });
    });
  }

  // A broken connection ends its calls, and those are logged; by itself it is nothing to report.
  server.on('sessionError', () => undefined);

  return {
    accept(socket) {
      const begun = (session: ServerHttp2Session) => {
        sessions.add(session);
        closeWhenIdle(session);
        session.once('close', () => {
          sessions.delete(session);
          // Node.js waits for the other side without end.
          const timer = setTimeout(() => socket.destroy(), lingerMs);
          socket.once('close', () => clearTimeout(timer));
        });
      };
      // The server tells of the session before `emit` returns.
      server.once('session', begun);
      server.emit('connection', socket);
      server.off('session', begun);
    },
    close() {
      for (const session of sessions) session.close();
    },
  };
}
