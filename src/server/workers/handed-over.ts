import type { ChildProcess } from 'node:child_process';

interface Handle {
  close(): void;
}

const isHandle = (value: unknown): value is Handle =>
  typeof value === 'object' && value !== null && 'close' in value && typeof value.close === 'function';

const has = (message: unknown, key: string): message is Record<string, unknown> =>
  typeof message === 'object' && message !== null && key in message;

/**
 * Closes the connection that was being handed to a worker when it died, so that its client opens another one. Node's cluster module
 * hands over one connection at a time to each worker, and forgets the one that the worker could not confirm any more: it would stay
 * open, and its client would wait without end.
 */
export function closeUnconfirmed(worker: ChildProcess): void {
  let unconfirmed: Handle | undefined;
  const send = worker.send.bind(worker) as (...args: unknown[]) => boolean;
  const remember = (...args: unknown[]): boolean => {
    const [message, handle] = args;
    if (has(message, 'act') && message.act === 'newconn' && isHandle(handle)) unconfirmed = handle;
    return send(...args);
  };
  Object.assign(worker, { send: remember });
  worker.on('internalMessage', (message: unknown) => {
    if (has(message, 'ack')) unconfirmed = undefined;
  });
  worker.once('exit', () => unconfirmed?.close());
}
