const SPACING_MS = 20;
/** How long it is taken for granted that somebody waits for hints, or nobody does. */
const KNOWN_FOR_MS = 5000;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;

/** How a notifier speaks with other processes. */
export interface NotifierOptions {
  readonly send: () => Promise<void>;
  /** Whether any other process waits for hints. */
  readonly isAwaited: () => Promise<boolean>;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
}

/**
 * Tells other processes that this one wrote: soon after the first write, then no more often than each 20 ms, outside the transactions,
 * whose throughput it would ruin, and only while one of them waits for it: a hint is a transaction too. That is looked up every five
 * seconds of writing, and who begins to wait says so (`asked`), and then hears of what was written before. It is only a hint: one
 * that can't be sent is dropped, and the others find the change when they poll.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #sending = false;
  /** Something was written that no hint has told of. */
  #untold = false;
  #stopped = false;
  #notBefore = 0;
  #failures = 0;
  #awaited = false;
  #knownUntil = Number.NEGATIVE_INFINITY;
  /** Counts what was heard of those who wait. */
  #heard = 0;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  wrote(): void {
    this.#untold = true;
    this.#arm();
  }

  /** Another process waits for hints from now on. */
  asked(): void {
    this.#heard++;
    this.#know(true);
    this.#arm();
  }

  /** Whether anybody waits is not known any more: we may have missed who asked. */
  unsure(): void {
    this.#heard++;
    this.#knownUntil = Number.NEGATIVE_INFINITY;
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #know(awaited: boolean): void {
    this.#awaited = awaited;
    this.#knownUntil = this.#now() + KNOWN_FOR_MS;
  }

  #arm(): void {
    if (!this.#untold || this.#sending || this.#stopped || this.#timer !== undefined) return;
    if (!this.#awaited && this.#now() < this.#knownUntil) return;
    const delay = Math.max(0, this.#notBefore - this.#now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#notify();
    }, delay).unref();
  }

  async #notify(): Promise<void> {
    this.#sending = true;
    this.#notBefore = this.#now() + SPACING_MS;
    try {
      if (this.#now() >= this.#knownUntil) await this.#find();
      if (this.#awaited && !this.#stopped) {
        this.#untold = false;
        await this.#options.send();
      }
      this.#failures = 0;
    } catch {
      const delay = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 10));
      this.#notBefore = this.#now() + delay;
    } finally {
      this.#sending = false;
      this.#arm();
    }
  }

  async #find(): Promise<void> {
    const heard = this.#heard;
    const awaited = await this.#options.isAwaited();
    // Who asked meanwhile may have done so after the look: the newer word counts.
    if (this.#heard === heard) this.#know(awaited);
  }
}
