import { Code, ConnectError } from '@connectrpc/connect';

/** Bounds the open streams of each client address. */
export interface StreamLimit {
  /** Counts one more stream and returns what ends it. Throws RESOURCE_EXHAUSTED when the client has too many. */
  enter(client: string): () => void;
}

/** A limit of `max` streams per address; behind a proxy all its clients share one address. */
export function createStreamLimit(max: number): StreamLimit {
  const open = new Map<string, number>();
  return {
    enter(client) {
      const count = open.get(client) ?? 0;
      if (count >= max) {
        throw new ConnectError(
          `this client has ${max} open streams, which is the most it may have`,
          Code.ResourceExhausted,
        );
      }
      open.set(client, count + 1);
      return () => {
        const left = (open.get(client) ?? 1) - 1;
        if (left > 0) open.set(client, left);
        else open.delete(client);
      };
    },
  };
}
