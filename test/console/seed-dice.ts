/** Chance that is the same each time. */
export interface Dice {
  /** A number from 0 up to 1. */
  next(): number;
  /** True with this probability. */
  below(probability: number): boolean;
  /** A whole number from 0 up to `end`. */
  int(end: number): number;
  pick<T>(list: readonly T[]): T;
  weighted<T>(list: readonly T[], weight: (item: T) => number): T;
}

/** Dice that fall as the number says. */
export function chance(start: number): Dice {
  let state = start >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const at = <T>(list: readonly T[], index: number): T => {
    const item = list[index];
    if (item === undefined) throw new Error('Nothing to choose from.');
    return item;
  };
  return {
    next,
    below: (probability) => next() < probability,
    int: (end) => Math.floor(next() * end),
    pick: (list) => at(list, Math.floor(next() * list.length)),
    weighted(list, weight) {
      let rest = next() * list.reduce((sum, item) => sum + weight(item), 0);
      const index = list.findIndex((item) => {
        rest -= weight(item);
        return rest < 0;
      });
      return at(list, Math.max(0, index));
    },
  };
}
