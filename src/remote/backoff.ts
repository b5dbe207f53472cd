const FIRST_MS = 250;
const MAX_MS = 30_000;

/** Milliseconds before the next try: they double from 250 with each failure up to 30 s, give or take half. */
export function backoffMs(failures: number, random: () => number): number {
  return Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(Math.max(0, failures - 1), 20)) * (0.5 + random());
}
