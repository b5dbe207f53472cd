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
 * open call for `idleMs` is closed, one with an open call never is. A client that does not close its side is cut.
 */
export function trackSessions(server: Http2Server, idleMs: number): Sessions {
  const leaving = new Map<ServerHttp2Session, () => void>();

  function watchOver(session: ServerHttp2Session, socket: Socket): void {
    let open = 0;
    let closing = false;
    let timer: NodeJS.Timeout | undefined;
    const after = (milliseconds: number, act: () => void) => {
      clearTimeout(timer);
      timer = setTimeout(act, milliseconds);
    };
    // Node.js waits for the other side without end.
    const linger = () => after(lingerMs, () => socket.destroy());
    const rest = () => (closing ? linger() : after(idleMs, leave));
    const leave = () => {
      closing = true;
      session.close();
      if (open === 0) linger();
    };
    session.on('stream', (stream: ServerHttp2Stream) => {
      open++;
      clearTimeout(timer);
      stream.once('close', () => {
        open--;
        if (open === 0 && !session.destroyed) rest();
      });
    });
    session.once('close', () => {
      leaving.delete(session);
      linger();
    });
    socket.once('close', () => clearTimeout(timer));
    leaving.set(session, leave);
    rest();
  }

  // A broken connection ends its calls, and those are logged; by itself it is nothing to report.
  server.on('sessionError', () => undefined);

  return {
    accept(socket) {
      const begun = (session: ServerHttp2Session) => watchOver(session, socket);
      // The server tells of the session before `emit` returns.
      server.once('session', begun);
      server.emit('connection', socket);
      server.off('session', begun);
    },
    close() {
      for (const leave of [...leaving.values()]) leave();
    },
  };
}
