import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/** The instruments of one process with their values. */
export type MetricsSnapshot = MetricObjectWithValues<MetricValue<string>>[];

/** What a worker tells the process that started it. */
export type FromWorker =
  /** It takes requests under this URL. */
  | { readonly type: 'listening'; readonly url: string }
  /** It was asked for metrics and wants those of all workers. */
  | { readonly type: 'collect'; readonly id: number }
  /** Its metrics, as it was asked for. */
  | { readonly type: 'snapshot'; readonly id: number; readonly metrics: MetricsSnapshot };

/** What a worker is told. */
export type ToWorker =
  /** How many workers take requests, and whether all of them once did. */
  | { readonly type: 'workers'; readonly listening: number; readonly complete: boolean }
  /** Asks for a snapshot. */
  | { readonly type: 'report'; readonly id: number }
  /** The snapshots of those that answered in time. */
  | { readonly type: 'collected'; readonly id: number; readonly metrics: readonly MetricsSnapshot[] }
  /** It shall let its calls finish and end. */
  | { readonly type: 'stop' };
