import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Decides which protocol a fresh cleartext connection speaks, by its first bytes. */
export interface Peeker {
  /** Calls back once the protocol is known; the bytes that were looked at are back in the socket by then. */
  peek(socket: Socket, decided: (protocol: 'h1' | 'h2') => void): void;
  /** Cuts the connections that have not said enough yet. */
  destroy(): void;
}

/**
 * A connection that opens with the HTTP/2 preface speaks HTTP/2, any other HTTP/1.1. One that says too
 * little to tell for `timeoutMs` is cut: neither server has seen it yet, so none of their time-outs apply.
 */
export function createPeeker(timeoutMs: number): Peeker {
  const waiting = new Set<Socket>();

  function peek(socket: Socket, decided: (protocol: 'h1' | 'h2') => void): void {
    let seen: Buffer = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    const cut = () => {
      stop();
      socket.destroy();
    };
    const stop = () => {
      clearTimeout(timer);
      waiting.delete(socket);
      socket.off('readable', look).off('error', stop).off('close', stop).off('end', cut);
    };
    const look = () => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      seen = seen.length > 0 ? Buffer.concat([seen, chunk]) : chunk;
      const length = Math.min(seen.length, preface.length);
      const matches = seen.compare(preface, 0, length, 0, length) === 0;
      if (matches && length < preface.length) return;
      stop();
      socket.unshift(seen);
      decided(matches ? 'h2' : 'h1');
    };
    waiting.add(socket);
    socket.on('readable', look).on('error', stop).on('close', stop).on('end', cut);
  }

  return {
    peek,
    destroy() {
      for (const socket of waiting) socket.destroy();
    },
  };
}
