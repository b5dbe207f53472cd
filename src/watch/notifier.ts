const SPACING_MS = 20;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;

/**
 * Tells other processes that this one wrote: soon after the first write, then no more often than each 20 ms, outside the transactions,
 * whose throughput it would ruin. It is only a hint: one that can't be sent is dropped, and the others find the change when they poll.
 */
export class Notifier {
  readonly #send: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #sending = false;
  #wanted = false;
  #stopped = false;
  #notBefore = 0;
  #failures = 0;

  constructor(send: () => Promise<void>) {
    this.#send = send;
  }

  wrote(): void {
    this.#wanted = true;
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    if (!this.#wanted || this.#sending || this.#stopped || this.#timer !== undefined) return;
    const delay = Math.max(0, this.#notBefore - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#notify();
    }, delay).unref();
  }

  async #notify(): Promise<void> {
    this.#sending = true;
    this.#wanted = false;
    this.#notBefore = performance.now() + SPACING_MS;
    try {
      await this.#send();
      this.#failures = 0;
    } catch {
      const delay = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 10));
      this.#notBefore = performance.now() + delay;
    } finally {
      this.#sending = false;
      this.#arm();
    }
  }
}
