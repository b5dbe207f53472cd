/** The bounds of one message of a stream. */
export interface MessageLimits {
  /** Elements of a message while the stream catches up with what there is. */
  readonly snapshot: number;
  /** Elements of a message of changes; what does not fit is not lost but waits where it is, and changes there. */
  readonly update: number;
  /** Bytes of a message, as far as they can be told before it is encoded; a single element may be larger. */
  readonly bytes: number;
}

const SNAPSHOT = 500;
const BYTES = 1024 * 1024;

/**
 * The bounds for a `runs.watchBufferSize`. A stream holds no updates of its own: it looks at a view that all share and takes at most this
 * many out of it for its next message. Everything else that it has not sent stays in the view, where newer states replace older ones.
 */
export function messageLimits(watchBufferSize: number): MessageLimits {
  return { snapshot: SNAPSHOT, update: Math.min(SNAPSHOT, watchBufferSize), bytes: BYTES };
}

/** The end of the next message's elements, at least one beyond `from` if there is one. */
export function endOfMessage<T>(
  items: readonly T[],
  from: number,
  limits: { count: number; bytes: number },
  bytesOf: (item: T) => number,
): number {
  let end = from;
  let bytes = 0;
  for (const stop = Math.min(items.length, from + limits.count); end < stop; end++) {
    const item = items[end];
    if (item === undefined) break;
    bytes += bytesOf(item);
    if (bytes > limits.bytes && end > from) break;
  }
  return end;
}
