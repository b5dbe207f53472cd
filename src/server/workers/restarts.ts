/** How long deaths count. */
const WINDOW_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

/**
 * How long to wait before a worker that died is replaced: a first one at once, then twice as long for each that died within the last
 * minute, at most 30 seconds. So a defect that kills each worker at its first request costs little, and one bad request hardly anything.
 */
export class Restarts {
  #deaths: number[] = [];

  /** Counts a death at the given time and returns the pause in milliseconds. */
  pauseAfterDeath(now: number): number {
    this.#deaths = this.#deaths.filter((time) => now - time < WINDOW_MS);
    const before = this.#deaths.length;
    // More of them change nothing.
    if (before < 32) this.#deaths.push(now);
    return before === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (before - 1));
  }
}
