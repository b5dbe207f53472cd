/**
 * One stream's wait for news. It is armed anew for each wait, so that nothing piles up on a promise that lives as long as the stream;
 * and it ends at once when the stream's signal is aborted, because a generator that is blocked can't be stopped otherwise.
 */
export class Waiter {
  readonly #signal: AbortSignal;
  #rung = false;
  #resolve: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.ring, { once: true });
  }

  /** There is news. Before the wait begins it counts as well: the next wait returns at once. */
  readonly ring = (): void => {
    this.#rung = true;
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.();
  };

  /** Resolves when there is news that came after the last wait. Throws the signal's reason once it is aborted. */
  async wait(): Promise<void> {
    if (!this.#rung && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
      });
    }
    this.#rung = false;
    this.#signal.throwIfAborted();
  }

  /** Leaves nothing behind on the signal. */
  close(): void {
    this.#signal.removeEventListener('abort', this.ring);
  }
}

/** The streams that wait for news of one thing. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();

  get size(): number {
    return this.#waiters.size;
  }

  /** Adds a stream; its waiter is rung at each change until it is removed. */
  add(signal: AbortSignal): Waiter {
    const waiter = new Waiter(signal);
    this.#waiters.add(waiter);
    return waiter;
  }

  remove(waiter: Waiter): void {
    waiter.close();
    this.#waiters.delete(waiter);
  }

  ring(): void {
    for (const waiter of this.#waiters) waiter.ring();
  }
}
