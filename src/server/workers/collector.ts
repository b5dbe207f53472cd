import type { FromWorker, MetricsSnapshot, ToWorker } from './messages.ts';

/** Somebody who can be sent a message; a worker that is gone just does not get it. */
export interface Peer {
  send(message: ToWorker): void;
}

interface Collection {
  readonly asker: Peer;
  readonly id: number;
  readonly waiting: Set<Peer>;
  readonly metrics: MetricsSnapshot[];
  readonly timer: NodeJS.Timeout;
}

/**
 * Brings the metrics of all workers together for the one that was asked for them. A worker that does not answer within `timeoutMs`
 * (it is blocked, or has just died) is left out.
 */
export class Collector {
  readonly #timeoutMs: number;
  readonly #collections = new Map<number, Collection>();
  #last = 0;

  constructor(timeoutMs = 1000) {
    this.#timeoutMs = timeoutMs;
  }

  /** Asks all of `workers`, and answers `asker` when they have answered. */
  collect(asker: Peer, id: number, workers: readonly Peer[]): void {
    this.#last += 1;
    const own = this.#last;
    const timer = setTimeout(() => this.#finish(own), this.#timeoutMs);
    this.#collections.set(own, { asker, id, waiting: new Set(workers), metrics: [], timer });
    for (const worker of workers) worker.send({ type: 'report', id: own });
    if (workers.length === 0) this.#finish(own);
  }

  /** To be called with what a worker answers. */
  answered(worker: Peer, { id, metrics }: FromWorker & { type: 'snapshot' }): void {
    const collection = this.#collections.get(id);
    if (!collection?.waiting.delete(worker)) return;
    collection.metrics.push(metrics);
    if (collection.waiting.size === 0) this.#finish(id);
  }

  /** A worker that is gone is not waited for. */
  gone(worker: Peer): void {
    for (const [id, collection] of this.#collections) {
      if (collection.waiting.delete(worker) && collection.waiting.size === 0) this.#finish(id);
    }
  }

  #finish(own: number): void {
    const collection = this.#collections.get(own);
    if (collection === undefined) return;
    this.#collections.delete(own);
    clearTimeout(collection.timer);
    collection.asker.send({ type: 'collected', id: collection.id, metrics: collection.metrics });
  }
}
