import { readFileSync } from 'node:fs';

/** A file of Linux whose first word is how many seconds the machine is up, sleep included; setting the clock does not move it. */
export const UPTIME_FILE = '/proc/uptime';

/**
 * Milliseconds on a clock that every process of this machine reads alike and that nobody sets: since the machine started. Where there is no
 * such clock (macOS), that of the wall.
 */
export function uptimeMs(): number {
  if (process.platform !== 'linux') return Date.now();
  return Math.round(Number.parseFloat(readFileSync(UPTIME_FILE, 'utf8')) * 1000);
}
