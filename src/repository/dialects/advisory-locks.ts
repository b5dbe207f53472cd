/** "runs" in ASCII: the first half of the keys of all our advisory locks in PostgreSQL. */
const RUNS = 1_920_298_611;

/** Held, by all of them together, by connections of processes that wait for hints. */
export const WAITING_FOR_HINTS = [RUNS, 1] as const;
/** Held by the transaction that folds counts of groups. */
export const FOLDING = [RUNS, 2] as const;
