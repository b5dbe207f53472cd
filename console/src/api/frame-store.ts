/** Calls `callback` before the next painted frame. */
export type Schedule = (callback: () => void) => void;

/**
 * State that changes more often than a page can be painted. Writers change it in place; readers are told at most once per frame, and
 * the number they read tells them apart states: it is what useSyncExternalStore compares. While the page is hidden there are no
 * frames: the state goes on, nobody is told.
 */
export class FrameStore {
  #version = 0;
  #told = 0;
  #scheduled = false;
  readonly #listeners = new Set<() => void>();
  readonly #schedule: Schedule;

  constructor(schedule: Schedule = (callback) => void requestAnimationFrame(callback)) {
    this.#schedule = schedule;
  }

  /** Says that the state has changed. */
  touch(): void {
    this.#version++;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      this.#told = this.#version;
      for (const listener of this.#listeners) listener();
    });
  }

  /** Calls `listener` after a change, once per frame, until the answer is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** A number that is another one after each frame in which something changed. */
  readonly version = (): number => this.#told;
}
