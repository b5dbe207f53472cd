/** The pause between two turns of a loop, which may be cut short but not below a least time. */
export class Pause {
  #rung = false;
  #ended = false;
  #cut: (() => void) | undefined;
  #mayCut = false;

  /** The next turn should come soon. */
  ring(): void {
    this.#rung = true;
    if (this.#mayCut) this.#cut?.();
  }

  /** From here on only new rings count. */
  reset(): void {
    this.#rung = false;
  }

  /** Every pause ends at once, this one and those to come. */
  end(): void {
    this.#ended = true;
    this.#cut?.();
  }

  /** Waits for `leastMs`, and then until it is rung, but never longer than `mostMs` in all. */
  async between(leastMs: number, mostMs: number): Promise<void> {
    this.#mayCut = false;
    await this.#sleep(leastMs);
    if (this.#rung) return;
    this.#mayCut = true;
    await this.#sleep(mostMs - leastMs);
  }

  #sleep(ms: number): Promise<void> {
    if (this.#ended || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#cut?.(), ms).unref();
      this.#cut = () => {
        clearTimeout(timer);
        this.#cut = undefined;
        resolve();
      };
    });
  }
}

/** The promise's result, or an error when it takes longer: a connection that hangs may never answer. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`the database did not answer within ${ms / 1000} s`)),
    ms,
  );
  timer.unref();
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
