/** Below this size compressing an answer costs more time than it saves: of updates to many watchers it was most of the work. */
export const compressMinBytes = 16 * 1024;

/**
 * How deep messages of a request may lie in each other. Clients read at most 100 levels, and what one of them sent lies up to
 * seven levels deeper in an answer (a type of a request to record an action, in the tree of a run).
 */
export const recursionLimit = 90;

/** How long the rest of a request that was already answered is read and thrown away, in milliseconds. */
export const discardMs = 10_000;
