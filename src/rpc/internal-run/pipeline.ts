/**
 * Answers the messages of a bidirectional stream in their order, while up to `window` of them are being worked on: a sender that does
 * not wait for answers gets its messages into shared transactions, and one that does not read them is not read from any further.
 * `answer` must not reject; the stream ends when the requests end, or fails as they fail.
 */
export async function* pipeline<I, O>(
  requests: AsyncIterable<I>,
  answer: (request: I) => Promise<O>,
  window: number,
): AsyncGenerator<O> {
  const source = requests[Symbol.asyncIterator]();
  const pending: Promise<O>[] = [];
  let next: Promise<IteratorResult<I>> | undefined = source.next();
  // If the consumer stops while a read is under way, its failure is nobody's: the stream is over.
  next.catch(() => {});
  try {
    while (next !== undefined || pending.length > 0) {
      const [oldest] = pending;
      const turn: 'answer' | IteratorResult<I> =
        next === undefined || pending.length >= window
          ? 'answer'
          : oldest === undefined
            ? await next
            : await Promise.race([oldest.then(() => 'answer' as const), next]);
      if (turn === 'answer') {
        const first = pending.shift();
        if (first !== undefined) yield await first;
      } else if (turn.done) {
        next = undefined;
      } else {
        pending.push(answer(turn.value));
        next = source.next();
        next.catch(() => {});
      }
    }
  } finally {
    await source.return?.();
  }
}
