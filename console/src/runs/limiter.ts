/** Runs some work once it is its turn; rejects with the signal's reason if that is aborted before. */
export type Limiter = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/** Lets at most `most` pieces of work go on at once. The last that was asked for is next: it is what people look at. */
export function limiter(most: number): Limiter {
  let going = 0;
  const waiting: (() => void)[] = [];
  return async (work, signal) => {
    if (going >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else going++;
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      const next = waiting.pop();
      if (next === undefined) going--;
      else next();
    }
  };
}
