import type { ServerHttp2Stream } from 'node:http2';
import type { Logger } from '../logger.ts';
import type { HttpResponse } from './listener.ts';

/** A request that has not been answered completely. */
export interface InFlightCall {
  /** The path of an RPC; of other requests, the method and as much of the path as holds nothing secret. */
  readonly name: string;
  readonly requestId: string;
  readonly client: string;
  /** Whether it is a stream, which may last as long as it likes. */
  readonly isStream: boolean;
  /** When it began, on the clock of `performance`. */
  readonly since: number;
}

/** What a request is answered on. */
export type Answer = HttpResponse | ServerHttp2Stream;

/** The requests that are being answered. */
export interface InFlight {
  /** Counts a request until its answer is closed. */
  enter(answer: Answer, call: Omit<InFlightCall, 'since'>): void;
  /** Cuts the streams that are left, and logs each: what keeps them open is a client that does not read. */
  cutStreams(): void;
  /** Logs every request that is left as one that is about to be cut, or says that `connections` without one are. */
  logCut(connections: number): void;
}

/** Keeps track of requests, for the end. */
export function trackInFlight(logger: Logger): InFlight {
  const calls = new Map<Answer, InFlightCall>();
  function leave(this: Answer): void {
    calls.delete(this);
  }
  const fields = ({ name, requestId, client, since }: InFlightCall) => ({
    call: name,
    requestId,
    client,
    ageMs: Math.round(performance.now() - since),
  });

  return {
    enter(answer, call) {
      calls.set(answer, { ...call, since: performance.now() });
      answer.once('close', leave);
    },
    cutStreams() {
      for (const [answer, call] of [...calls]) {
        if (!call.isStream) continue;
        logger.warn(fields(call), 'a stream was cut: its client does not read what ends it');
        // Without waiting for anything to be sent.
        if ('stream' in answer) answer.stream.destroy();
        else answer.destroy();
      }
    },
    logCut(connections) {
      for (const call of calls.values()) logger.warn(fields(call), 'a call was cut: it took too long to end');
      if (calls.size === 0) logger.warn({ connections }, 'connections without a call were cut');
    },
  };
}
