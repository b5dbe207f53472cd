import { GrpcConnection } from './grpc.ts';
import { actionId, childName, runId } from './messages.ts';
import { runName } from './sources.ts';
import { field, frame } from './wire.ts';

/** Streams on which nothing happens. They stay until the process ends. */
export interface IdleJob {
  readonly kind: 'idle';
  readonly url: string;
  /** `actions`: the n-th stream watches the actions of run n; `details`: the details of child n of run 0. */
  readonly what: 'actions' | 'details';
  readonly prefix: string;
  /** How many runs there are; streams beyond them begin again with the first. */
  readonly runs: number;
  readonly from: number;
  readonly to: number;
  /** The loopback address to come from: each has its own bound of streams. */
  readonly localAddress: string;
}

const PATHS = {
  actions: '/flyteidl2.workflow.RunService/WatchActions',
  details: '/flyteidl2.workflow.RunService/WatchActionDetails',
};
const STREAMS_PER_CONNECTION = 100;
const OPENED_AT_ONCE = 50;

/** Resolves when every stream has had its first message. */
export async function runIdle(job: IdleJob): Promise<void> {
  const { url, what, prefix, runs, from, to, localAddress } = job;
  const watched = (n: number) =>
    what === 'actions' ? runId(runName(prefix, n % runs)) : actionId(runName(prefix, 0), childName(n));
  for (let first = from; first < to; first += STREAMS_PER_CONNECTION) {
    const connection = new GrpcConnection(url, { localAddress });
    for (let next = first; next < Math.min(to, first + STREAMS_PER_CONNECTION); next += OPENED_AT_ONCE) {
      const opened = Array.from({ length: Math.min(OPENED_AT_ONCE, to - next) }, (_, i) => {
        const request = frame(field(1, watched(next + i)));
        return new Promise<void>((resolve, reject) => {
          const { closed } = connection.serverStream(PATHS[what], request, () => resolve());
          closed.then(() => reject(new Error('an idle watch ended')), reject);
        });
      });
      await Promise.all(opened);
    }
  }
}
