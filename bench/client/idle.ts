import { GrpcConnection } from './grpc.ts';
import { actionId, childName } from './messages.ts';
import { field, frame } from './wire.ts';

/** Streams on which nothing happens: each watches the details of another action. They stay until the process ends. */
export interface IdleJob {
  readonly kind: 'idle';
  readonly url: string;
  readonly run: string;
  readonly from: number;
  readonly to: number;
  /** The loopback address to come from: each has its own bound of streams. */
  readonly localAddress: string;
}

const PATH = '/flyteidl2.workflow.RunService/WatchActionDetails';
const STREAMS_PER_CONNECTION = 100;
const OPENED_AT_ONCE = 50;

/** Resolves when every stream has had its first message. */
export async function runIdle({ url, run, from, to, localAddress }: IdleJob): Promise<void> {
  for (let first = from; first < to; first += STREAMS_PER_CONNECTION) {
    const connection = new GrpcConnection(url, { localAddress });
    for (let next = first; next < Math.min(to, first + STREAMS_PER_CONNECTION); next += OPENED_AT_ONCE) {
      const opened = Array.from({ length: Math.min(OPENED_AT_ONCE, to - next) }, (_, i) => {
        const request = frame(field(1, actionId(run, childName(next + i))));
        return new Promise<void>((resolve, reject) => {
          const { closed } = connection.serverStream(PATH, request, () => resolve());
          closed.then(() => reject(new Error('an idle watch ended')), reject);
        });
      });
      await Promise.all(opened);
    }
  }
}
