import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricsSnapshot } from './workers/messages.ts';

/** A distribution of values. */
export interface Distribution<Labels extends string = never> {
  observe(labels: Record<Labels, string>, value: number): void;
  observe(value: number): void;
}

/** A value that goes up and down. */
export interface Level {
  set(value: number): void;
  inc(by?: number): void;
  dec(by?: number): void;
}

/** Everything that `/metrics` shows beyond the state of the process. Times are in seconds. */
export interface Metrics {
  rpcRequests: Counter<'service' | 'method' | 'code'>;
  rpcErrors: Counter<'service' | 'method' | 'code'>;
  rpcSeconds: Histogram<'service' | 'method'>;
  openStreams: Gauge<'service' | 'method'>;
  /** Watches that are subscribed to changes. */
  subscriptions: Level;
  /** Age of the oldest change that the change log's reader has not passed yet. */
  changeLogLagSeconds: Level;
  /** Writes that shared one transaction. */
  batchSize: Distribution;
  /** Writes that wait for a transaction. */
  queueDepth: Level;
  /** Time of one operation of the database, waiting for a connection included. */
  databaseSeconds: Distribution<'operation'>;
  /** What the process executor counts. */
  executor: {
    running: Level;
    waiting: Level;
    oldestSeconds: Level;
    starts: Counter;
    ends: Counter<'phase'>;
    retries: Counter<'after'>;
    leasesLost: Counter;
    takenOver: Counter;
  };
  /** What is to be told other services (`target`: actions or runs), and how that goes. */
  outbox: {
    waiting: Gauge<'target'>;
    oldestSeconds: Gauge<'target'>;
    told: Counter<'target'>;
    failures: Counter<'target' | 'code'>;
    refusals: Counter<'target' | 'code'>;
  };
  /** What Prometheus reads; with the values of other processes, all in one. */
  render(others?: readonly MetricsSnapshot[]): Promise<{ contentType: string; body: string }>;
  /** The values of this process, for another one to render. */
  snapshot(): Promise<MetricsSnapshot>;
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * The instruments of one server, in a registry of their own. With `process`, memory, CPU, garbage collection
 * and the delay of the event loop (`nodejs_eventloop_lag_*`) are shown too; once per process is enough.
 */
export function createMetrics(options: { process: boolean }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const rpc = ['service', 'method'] as const;
  if (options.process) collectDefaultMetrics({ register: registry });
  return {
    rpcRequests: new Counter({
      name: 'runs_rpc_requests_total',
      help: 'Calls that ended, by code (ok for success).',
      labelNames: [...rpc, 'code'],
      registers,
    }),
    rpcErrors: new Counter({
      name: 'runs_rpc_errors_total',
      help: 'Calls that ended with an error, by code.',
      labelNames: [...rpc, 'code'],
      registers,
    }),
    rpcSeconds: new Histogram({
      name: 'runs_rpc_duration_seconds',
      help: 'Time from the header of a request to its answer; for streams, to their end.',
      labelNames: rpc,
      buckets: seconds,
      registers,
    }),
    openStreams: new Gauge({
      name: 'runs_rpc_open_streams',
      help: 'Open streaming calls.',
      labelNames: rpc,
      registers,
    }),
    subscriptions: new Gauge({
      name: 'runs_watch_subscriptions',
      help: 'Watches subscribed to changes.',
      registers,
    }),
    changeLogLagSeconds: new Gauge({
      name: 'runs_change_log_lag_seconds',
      // Of the whole database: all processes say the same.
      aggregator: 'max',
      help: 'Age of the oldest change that the reader of the change log has not passed.',
      registers,
    }),
    batchSize: new Histogram({
      name: 'runs_write_batch_size',
      help: 'Writes that shared one transaction.',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
      registers,
    }),
    queueDepth: new Gauge({
      name: 'runs_write_queue_depth',
      help: 'Writes waiting for a transaction.',
      registers,
    }),
    databaseSeconds: new Histogram({
      name: 'runs_database_seconds',
      help: 'Time of database operations, waiting for a connection included.',
      labelNames: ['operation'],
      buckets: seconds,
      registers,
    }),
    executor: {
      running: new Gauge({
        name: 'runs_executor_processes',
        help: 'Processes of tasks that run or are being made.',
        registers,
      }),
      waiting: new Gauge({
        name: 'runs_executor_queue_depth',
        help: 'Actions that wait for a process.',
        registers,
      }),
      oldestSeconds: new Gauge({
        name: 'runs_executor_oldest_waiting_seconds',
        help: 'How long the action has waited that could have started first.',
        registers,
      }),
      starts: new Counter({
        name: 'runs_executor_starts_total',
        help: 'Processes that were started.',
        registers,
      }),
      ends: new Counter({
        name: 'runs_executor_actions_total',
        help: 'Actions that ended, by the phase in which they did.',
        labelNames: ['phase'],
        registers,
      }),
      retries: new Counter({
        name: 'runs_executor_retries_total',
        help: 'Attempts that were followed by another one, by whose failure it was (user or system).',
        labelNames: ['after'],
        registers,
      }),
      leasesLost: new Counter({
        name: 'runs_executor_leases_lost_total',
        help: 'Times that this executor could not prolong its lease and ended its processes.',
        registers,
      }),
      takenOver: new Counter({
        name: 'runs_executor_taken_over_total',
        help: 'Actions that were taken over from executors that gave no sign of life.',
        registers,
      }),
    },
    outbox: {
      waiting: new Gauge({
        name: 'runs_outbox_waiting',
        // Of the whole database: all processes say the same.
        aggregator: 'max',
        help: 'Messages that another service has not got yet, by target (actions: who runs tasks; runs: whose runs these are).',
        labelNames: ['target'],
        registers,
      }),
      oldestSeconds: new Gauge({
        name: 'runs_outbox_oldest_seconds',
        // Of the whole database: all processes say the same.
        aggregator: 'max',
        help: 'How long the oldest of these messages has waited.',
        labelNames: ['target'],
        registers,
      }),
      told: new Counter({
        name: 'runs_outbox_delivered_total',
        help: 'Messages that were delivered or refused.',
        labelNames: ['target'],
        registers,
      }),
      failures: new Counter({
        name: 'runs_outbox_failures_total',
        help: 'Deliveries that failed and are tried again, by code.',
        labelNames: ['target', 'code'],
        registers,
      }),
      refusals: new Counter({
        name: 'runs_outbox_refusals_total',
        help: 'Messages that were refused for good, by code.',
        labelNames: ['target', 'code'],
        registers,
      }),
    },
    async render(others = []) {
      const all =
        others.length === 0
          ? registry
          : AggregatorRegistry.aggregate([await registry.getMetricsAsJSON(), ...others]);
      return { contentType: registry.contentType, body: await all.metrics() };
    },
    snapshot: () => registry.getMetricsAsJSON(),
  };
}
