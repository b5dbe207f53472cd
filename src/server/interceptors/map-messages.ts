/** The messages of a request stream, each passed through a function; an error of the function ends the stream. */
export function mapMessages<T>(messages: AsyncIterable<T>, change: (message: T) => T): AsyncIterable<T> {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const message of messages) yield change(message);
    },
  };
}
