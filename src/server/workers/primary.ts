import cluster, { type Worker } from 'node:cluster';
import type { Logger } from '../../logger.ts';
import { Collector, type Peer } from './collector.ts';
import { closeUnconfirmed } from './handed-over.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Restarts } from './restarts.ts';

/** What the process that starts the workers needs. */
export interface PrimaryOptions {
  readonly workers: number;
  readonly logger: Logger;
  /** How long workers may take to end after they were told to, in milliseconds. */
  readonly stopTimeoutMs: number;
  /** Called once, when all workers take requests. */
  readonly onReady: (url: string) => void;
}

/** The environment variable that tells a worker which one it is, from 0 on; a replacement has the number of the one that died. */
export const SLOT = 'RUNS_SERVICE_WORKER';

interface Slot extends Peer {
  readonly number: number;
  worker: Worker | undefined;
  listening: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Starts the workers, which share the port, and keeps them: one that dies is replaced. Worker 0 begins alone, so that migrations run
 * once and what is wrong with the configuration is said once. Resolves with the exit code of the process when all have ended: after
 * `stop`, or because one could not start.
 */
export class Primary {
  readonly #options: PrimaryOptions;
  readonly #slots: Slot[];
  readonly #collector = new Collector();
  readonly #restarts = new Restarts();
  readonly #ended = Promise.withResolvers<number>();
  #complete = false;
  #stopping = false;
  #exitCode = 0;
  #url = '';

  constructor(options: PrimaryOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, (_, number) => {
      const slot: Slot = {
        number,
        worker: undefined,
        listening: false,
        timer: undefined,
        send: (message: ToWorker) => {
          if (slot.worker?.isConnected()) slot.worker.send(message, () => undefined);
        },
      };
      return slot;
    });
  }

  /** Starts the first worker; the others follow when it takes requests. */
  run(): Promise<number> {
    const [first] = this.#slots;
    if (first) this.#fork(first);
    return this.#ended.promise;
  }

  /** Lets all workers finish their calls and end; the second time ends them at once. */
  stop(reason: string): void {
    const { logger, stopTimeoutMs } = this.#options;
    if (this.#stopping) {
      logger.warn({ reason }, 'stopping at once');
      this.#exitCode = 1;
      this.#kill();
      return;
    }
    logger.info({ reason }, 'shutting down all workers');
    this.#stopAll();
    setTimeout(() => {
      logger.error('workers did not end in time');
      this.#exitCode = 1;
      this.#kill();
    }, stopTimeoutMs).unref();
  }

  #stopAll(): void {
    this.#stopping = true;
    for (const slot of this.#slots) {
      clearTimeout(slot.timer);
      slot.send({ type: 'stop' });
    }
    this.#endIfNoneIsLeft();
  }

  #kill(): void {
    for (const { worker } of this.#slots) worker?.process.kill('SIGKILL');
  }

  #fork(slot: Slot): void {
    slot.timer = undefined;
    const worker = cluster.fork({ [SLOT]: String(slot.number) });
    slot.worker = worker;
    closeUnconfirmed(worker.process);
    worker.on('error', (error) =>
      this.#options.logger.error({ err: error, worker: slot.number }, 'a worker'),
    );
    worker.on('message', (message: FromWorker) => this.#heard(slot, message));
    worker.once('exit', (code, signal) => this.#died(slot, code, signal));
  }

  #heard(slot: Slot, message: FromWorker): void {
    if (message.type === 'snapshot') this.#collector.answered(slot, message);
    else if (message.type === 'collect') {
      const others = this.#slots.filter((other) => other !== slot && other.listening);
      this.#collector.collect(slot, message.id, others);
    } else if (message.type === 'listening') {
      slot.listening = true;
      this.#url = message.url;
      if (slot.number === 0 && !this.#complete) {
        for (const other of this.#slots) if (other.worker === undefined) this.#fork(other);
      }
      this.#tell();
    }
  }

  #tell(): void {
    const listening = this.#slots.filter((slot) => slot.listening).length;
    const wasComplete = this.#complete;
    this.#complete ||= listening === this.#slots.length;
    for (const slot of this.#slots) slot.send({ type: 'workers', listening, complete: this.#complete });
    if (this.#complete && !wasComplete) this.#options.onReady(this.#url);
  }

  #died(slot: Slot, code: number | null, signal: string | null): void {
    const { logger } = this.#options;
    slot.worker = undefined;
    slot.listening = false;
    this.#collector.gone(slot);
    if (this.#stopping) {
      if (code !== 0) this.#exitCode = 1;
      this.#endIfNoneIsLeft();
      return;
    }
    if (!this.#complete) {
      // What is wrong it has said itself.
      this.#exitCode = code || 1;
      this.#stopAll();
      return;
    }
    const pauseMs = this.#restarts.pauseAfterDeath(performance.now());
    logger.error({ worker: slot.number, code, signal, pauseMs }, 'a worker died; it is replaced');
    slot.timer = setTimeout(() => this.#fork(slot), pauseMs);
    this.#tell();
  }

  #endIfNoneIsLeft(): void {
    if (this.#slots.every(({ worker }) => worker === undefined)) this.#ended.resolve(this.#exitCode);
  }
}
