const RANDOM_BITS = 2 ** 21;
const words = new Uint32Array(512);
let next = words.length;

/**
 * A number for the runs that a transaction changes: random, below 2^53, so that no other transaction has it, in whatever process, and even
 * if the database was set back to an earlier state (a backup, a standby that had not received everything) and has gone on from there
 * in another way. A count would come to the same numbers again.
 */
export function newVersion(): number {
  if (next >= words.length) {
    crypto.getRandomValues(words);
    next = 0;
  }
  const high = (words[next++] ?? 0) % RANDOM_BITS;
  return high * 2 ** 32 + (words[next++] ?? 0);
}
