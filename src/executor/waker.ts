/** A pause that can be cut short: by a call, which also counts if it comes before the pause, or by the end. */
export class Waker {
  #woken = false;
  #resolve: (() => void) | undefined;

  /** Ends the pause that is on, or the next one. */
  wake(): void {
    this.#woken = true;
    this.#resolve?.();
  }

  /** Waits for `wake`, for `ms` milliseconds at most. */
  async pause(ms: number): Promise<void> {
    if (!this.#woken && ms > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#resolve = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#resolve = undefined;
    this.#woken = false;
  }
}
