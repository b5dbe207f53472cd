const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 5000;
/** A reader on its own gets at most 250 messages a second. */
const MIN_SPACING_MS = 4;
/** About twice what it costs to send one small message, measured on one core: more often, and a popular view would leave no time for anything else. */
const SPACING_PER_SUBSCRIBER_MS = 0.1;
const MAX_SPACING_MS = 100;

/** How far apart the updates of a view stay: each one costs as much as there are streams to send it to. */
export function spacingFor(subscribers: number): number {
  return Math.min(MAX_SPACING_MS, Math.max(MIN_SPACING_MS, subscribers * SPACING_PER_SUBSCRIBER_MS));
}

/** What a refresher does, and how often at most. */
export interface RefresherOptions {
  /** Brings the view up to date. It throws if it could not, having noted what is still to do; it is called again then. */
  readonly work: () => Promise<void>;
  /** Milliseconds that lie between two beginnings of work at least. */
  readonly spacing: () => number;
  readonly onError?: (error: unknown) => void;
}

/**
 * Does a view's work whenever it is asked to: at once if the view was idle, otherwise after the spacing, and never twice at a time. What
 * is asked for while the work is under way is done after it, so a request is always followed by work that began after it.
 */
export class Refresher {
  readonly #options: RefresherOptions;
  #requested = false;
  #working = false;
  #stopped = false;
  #lastBegin = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(options: RefresherOptions) {
    this.#options = options;
  }

  request(): void {
    this.#requested = true;
    this.#arm();
  }

  /** No work begins any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #arm(): void {
    const armed = this.#timer !== undefined || this.#immediate !== undefined;
    if (armed || this.#working || this.#stopped || !this.#requested) return;
    const spacing = this.#failures === 0 ? this.#options.spacing() : this.#retryDelay();
    const delay = this.#lastBegin + spacing - performance.now();
    if (delay <= 0) {
      // Not at once: what else is committed in this turn of the loop shares the read.
      this.#immediate = setImmediate(() => {
        this.#immediate = undefined;
        void this.#work();
      });
    } else {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        void this.#work();
      }, Math.ceil(delay)).unref();
    }
  }

  async #work(): Promise<void> {
    this.#working = true;
    this.#requested = false;
    this.#lastBegin = performance.now();
    try {
      await this.#options.work();
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      this.#requested = true;
      // A retry waits from now on, however long the attempt took.
      this.#lastBegin = performance.now();
      if (!this.#stopped) this.#options.onError?.(error);
    } finally {
      this.#working = false;
      this.#arm();
    }
  }

  #retryDelay(): number {
    const delay = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 10));
    return delay * (0.5 + Math.random() / 2);
  }
}
