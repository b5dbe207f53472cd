import { clock } from './clock.ts';
import { GrpcConnection } from './grpc.ts';
import { runId } from './messages.ts';
import { eachField, field, frame } from './wire.ts';

/** Full snapshots of a run's actions, by some watchers at once. */
export interface SnapshotJob {
  readonly kind: 'snapshot';
  readonly url: string;
  readonly run: string;
  /** Actions that each watcher has to get, the root included. */
  readonly actions: number;
  readonly watchers: number;
}

/** Milliseconds from the call to the first message and to the last action, per watcher; messages and bytes of one watcher. */
export interface SnapshotResult {
  readonly first: number[];
  readonly all: number[];
  readonly bytes: number;
  readonly messages: number;
}

/** Opens WatchActions and reads until every action came. */
export async function runSnapshot({ url, run, actions, watchers }: SnapshotJob): Promise<SnapshotResult> {
  const result = { first: [] as number[], all: [] as number[], bytes: 0, messages: 0 };
  const request = frame(field(1, runId(run)));
  const one = async () => {
    const connection = new GrpcConnection(url);
    await new Promise((resolve) => connection.session.once('remoteSettings', resolve));
    const begin = clock();
    let seen = 0;
    let bytes = 0;
    let messages = 0;
    await new Promise<void>((resolve, reject) => {
      const { stream, closed } = connection.serverStream(
        '/flyteidl2.workflow.RunService/WatchActions',
        request,
        (message) => {
          if (messages++ === 0) result.first.push(clock() - begin);
          bytes += message.length;
          eachField(message, 0, message.length, (no) => {
            if (no === 1) seen++;
          });
          if (seen < actions) return;
          result.all.push(clock() - begin);
          stream.close();
          resolve();
        },
      );
      closed.then(() => reject(new Error(`the stream ended after ${seen} of ${actions} actions`)), reject);
    }).finally(() => connection.close());
    Object.assign(result, { bytes, messages });
  };
  await Promise.all(Array.from({ length: watchers }, one));
  return result;
}
