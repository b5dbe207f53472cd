import type { ReadinessCheck } from '../readiness.ts';
import type { FromWorker, MetricsSnapshot, ToWorker } from './messages.ts';
import { SLOT } from './primary.ts';

/** How long the metrics of the others are waited for; whoever collects them gives up earlier. */
const COLLECT_MS = 3000;

/** The way of a worker to the process that started it, and through it to the other workers. */
export interface WorkerLink {
  /** From 0 on. Worker 0 does what only one process may do. */
  readonly number: number;
  /** Ready from when all workers have once taken requests; says how many do not. */
  readonly readiness: ReadinessCheck;
  /** Tells that this worker takes requests. */
  listening(url: string): void;
  /** The metrics of all other workers that answer. Those who ask at the same time share an answer. */
  collect(): Promise<readonly MetricsSnapshot[]>;
  /** Answers with these when another worker collects. */
  onReport(report: () => Promise<MetricsSnapshot>): void;
  /** Calls back once, when this worker is told to end; at once if it was already. */
  onStop(stop: (reason: string) => void): void;
}

/** What a link needs of the process; for tests. */
export interface WorkerProcess {
  send(message: FromWorker): void;
  on(event: 'message', listener: (message: ToWorker) => void): void;
}

/** The number of this worker. */
export const workerNumber = (environment: NodeJS.ProcessEnv): number => Number(environment[SLOT]);

/** Speaks with the process that started this one; `workers` is how many there are. */
export function linkWorker(host: WorkerProcess, number: number, workers: number): WorkerLink {
  let state = { listening: 0, complete: false };
  let report: (() => Promise<MetricsSnapshot>) | undefined;
  const stop = Promise.withResolvers<string>();
  let pending:
    | {
        id: number;
        promise: Promise<readonly MetricsSnapshot[]>;
        resolve: (m: readonly MetricsSnapshot[]) => void;
      }
    | undefined;
  let lastId = 0;

  host.on('message', (message) => {
    if (message.type === 'workers') state = message;
    else if (message.type === 'stop') stop.resolve('told to by the process that started it');
    else if (message.type === 'report') {
      const { id } = message;
      report?.().then(
        (metrics) => host.send({ type: 'snapshot', id, metrics }),
        () => undefined,
      );
    } else if (message.type === 'collected' && message.id === pending?.id) pending.resolve(message.metrics);
  });

  return {
    number,
    readiness: {
      name: 'workers',
      async check() {
        if (!state.complete) throw new Error(`${state.listening} of ${workers} workers have started`);
      },
    },
    listening: (url) => host.send({ type: 'listening', url }),
    collect() {
      if (pending) return pending.promise;
      lastId += 1;
      const { promise, resolve } = Promise.withResolvers<readonly MetricsSnapshot[]>();
      const timer = setTimeout(() => resolve([]), COLLECT_MS);
      pending = { id: lastId, promise, resolve };
      host.send({ type: 'collect', id: lastId });
      return promise.finally(() => {
        clearTimeout(timer);
        pending = undefined;
      });
    },
    onReport(callback) {
      report = callback;
    },
    onStop(callback) {
      void stop.promise.then(callback);
    },
  };
}
