import { clock } from './clock.ts';
import { GrpcConnection } from './grpc.ts';
import { childName, updateStatusRequest } from './messages.ts';
import { find, findInt, frame } from './wire.ts';

const SUCCEEDED = 5;
const RUNNING = 4;

/** Updates at a fixed rate, whether the service keeps up or not; those of one item one after the other. */
export interface WriteJob {
  readonly kind: 'write';
  readonly url: string;
  readonly run: string;
  readonly items: number;
  readonly updates: number;
  readonly perSecond: number;
}

/** When each update was sent, and how long it took to send them all. */
export interface WriteResult {
  readonly sentAt: Float64Array;
  readonly seconds: number;
}

/** The k-th update of each item carries the number k + 1 as its attempts; the last one says SUCCEEDED. */
export async function runWriter(job: WriteJob): Promise<WriteResult> {
  const connection = new GrpcConnection(job.url);
  const sentAt = new Float64Array(job.items * job.updates);
  const queues = Array.from({ length: job.items }, () => Promise.resolve());
  const begin = clock();
  let failure: unknown;
  for (let n = 0; n < job.items * job.updates; n++) {
    const due = begin + (1000 * n) / job.perSecond;
    const early = due - clock();
    if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
    const item = n % job.items;
    const k = Math.floor(n / job.items);
    const phase = k === job.updates - 1 ? SUCCEEDED : RUNNING;
    const framed = frame(updateStatusRequest(job.run, childName(item), phase, k + 2));
    queues[item] = (queues[item] ?? Promise.resolve()).then(async () => {
      sentAt[item * job.updates + k] = clock();
      const answer = await connection.unary(
        '/flyteidl2.workflow.InternalRunService/UpdateActionStatus',
        framed,
      );
      const status = find(answer, [2]);
      if (status && findInt(answer, 1, ...status) !== 0) throw new Error('an update was refused');
    });
    queues[item].catch((error: unknown) => {
      failure ??= error;
    });
  }
  await Promise.allSettled(queues);
  connection.close();
  if (failure !== undefined) throw failure;
  return { sentAt, seconds: (clock() - begin) / 1000 };
}
