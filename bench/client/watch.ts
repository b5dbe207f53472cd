import { clock } from './clock.ts';
import { GrpcConnection } from './grpc.ts';
import { actionId, childName, runId } from './messages.ts';
import { eachField, field, find, findInt, frame } from './wire.ts';

const RUNS = '/flyteidl2.workflow.RunService/';

/** Watchers that stay until they are told to finish; `items` are children of one run. */
export interface WatchJob {
  readonly kind: 'watch';
  readonly url: string;
  readonly run: string;
  readonly items: number;
  /** Updates that each item gets. */
  readonly updates: number;
  /** The numbers of the watchers of this process; a watcher of details has the item of its number. */
  readonly from: number;
  readonly to: number;
  readonly what: 'actions' | 'details';
}

/** Ends the watchers of the process, once everything came or the time to wait is over. */
export interface FinishJob {
  readonly kind: 'finish';
  /** When each update was sent: of item i the k-th at [i × updates + k]. */
  readonly sentAt: Float64Array;
  readonly graceMs: number;
}

/** What the watchers of a process saw. */
export interface WatchResult {
  /** Milliseconds from sending an update to a message that shows it or a later one, per watcher and update. */
  readonly latencies: Float64Array;
  /** Final states that never came. */
  readonly lost: number;
  readonly messages: number;
  readonly bytes: number;
  readonly wentBackwards: number;
}

interface Watcher {
  /** Per item the highest number seen, and when each number was first seen or overtaken. */
  readonly last: Int32Array;
  readonly seenAt: Float64Array;
}

let current: {
  job: WatchJob;
  watchers: Watcher[];
  close(): void;
  messages: number;
  bytes: number;
  backwards: number;
};

/** Opens the streams, each on a connection of its own; resolves when each has its snapshot. */
export async function startWatch(job: WatchJob): Promise<void> {
  const connections: GrpcConnection[] = [];
  const state = {
    job,
    watchers: [] as Watcher[],
    messages: 0,
    bytes: 0,
    backwards: 0,
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
  current = state;
  const open = async (number: number) => {
    const connection = new GrpcConnection(job.url);
    connections.push(connection);
    const watcher = {
      last: new Int32Array(job.items).fill(1),
      seenAt: new Float64Array(job.items * job.updates),
    };
    state.watchers.push(watcher);
    const seen = (item: number, number: number, now: number) => {
      const last = watcher.last[item] ?? 0;
      if (number < last) state.backwards++;
      for (let k = last + 1; k <= number; k++) watcher.seenAt[item * job.updates + k - 2] = now;
      if (number > last) watcher.last[item] = number;
    };
    const { path, request, read } = job.what === 'actions' ? actions(job) : details(job, number);
    await new Promise<void>((resolve, reject) => {
      let complete = 0;
      const { closed } = connection.serverStream(`${RUNS}${path}`, request, (message) => {
        state.messages++;
        state.bytes += message.length;
        const now = clock();
        complete += read(message, (item, n) => seen(item, n, now));
        if (complete >= (job.what === 'actions' ? job.items : 1)) resolve();
      });
      // Closing the connection at the end is expected to end the stream.
      closed.then(() => reject(new Error('a watch ended')), reject);
    });
  };
  for (let number = job.from; number < job.to; number += 20) {
    const some = Array.from({ length: Math.min(20, job.to - number) }, (_, i) => open(number + i));
    await Promise.all(some);
  }
}

type Seen = (item: number, number: number) => void;

/** The children's numbers stand in `attempts`: an update carries its own, and every message of a child echoes the newest. */
function actions({ run }: WatchJob) {
  return {
    path: 'WatchActions',
    request: frame(field(1, runId(run))),
    read(message: Buffer, seen: Seen): number {
      let count = 0;
      eachField(message, 0, message.length, (no, start, end) => {
        if (no !== 1 || end < 0) return;
        const action = find(message, [1], start, end);
        const name = action && find(message, [1, 2], ...action);
        const status = action && find(message, [3], ...action);
        // Children are c000000 and on.
        if (name === undefined || message[name[0]] !== 0x63) return;
        count++;
        if (status)
          seen(Number(message.toString('latin1', name[0] + 1, name[1])), findInt(message, 4, ...status));
      });
      return count;
    },
  };
}

function details({ run }: WatchJob, number: number) {
  return {
    path: 'WatchActionDetails',
    request: frame(field(1, actionId(run, childName(number)))),
    read(message: Buffer, seen: Seen): number {
      const status = find(message, [1, 3]);
      if (status) seen(number, findInt(message, 4, ...status));
      return 1;
    },
  };
}

const LOOK_EVERY_MS = 20;

/** Waits until every watcher has every final state, but no longer than the grace time, and closes the streams. */
export async function finishWatch({ sentAt, graceMs }: FinishJob): Promise<WatchResult> {
  const { job, watchers } = current;
  const ofWatcher = (w: number) =>
    job.what === 'details' ? [job.from + w] : Array.from({ length: job.items }, (_, i) => i);
  const missing = () =>
    watchers.reduce(
      (sum, { last }, w) => sum + ofWatcher(w).filter((i) => last[i] !== job.updates + 1).length,
      0,
    );
  const until = clock() + graceMs;
  while (missing() > 0 && clock() < until) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  const lost = missing();
  current.close();
  const latencies: number[] = [];
  watchers.forEach(({ seenAt }, w) => {
    for (const item of ofWatcher(w)) {
      for (let k = item * job.updates; k < (item + 1) * job.updates; k++) {
        const at = seenAt[k] ?? 0;
        if (at > 0) latencies.push(at - (sentAt[k] ?? 0));
      }
    }
  });
  const { messages, bytes, backwards } = current;
  return { latencies: Float64Array.from(latencies), lost, messages, bytes, wentBackwards: backwards };
}
