/** A message that is being worked on, or was: its place among the answers. */
interface Place<O> {
  outcome: { readonly answer: O } | { readonly failure: unknown } | undefined;
  next: Place<O> | undefined;
}

const end = { done: true, value: undefined } as const;

/**
 * Answers the messages of a bidirectional stream in their order, while up to `window` of them are being worked on: a sender that does
 * not wait for answers gets its messages into shared transactions, and one that does not read them is not read from any further.
 * The stream ends when the requests end. It fails as they fail, after the answers that are there by then, and when `answer` rejects.
 */
export function pipeline<I, O>(
  requests: AsyncIterable<I>,
  answer: (request: I) => Promise<O>,
  window: number,
): Pipeline<I, O> {
  return new Pipeline(requests[Symbol.asyncIterator](), answer, window);
}

/**
 * The answers of a pipeline. Not a generator, because waiting for whichever comes first, a message or the oldest answer, would cost
 * several promises a message: here both call back, and what they wake up is the reader, once for all answers that are ready.
 */
class Pipeline<I, O> implements AsyncIterableIterator<O, undefined> {
  readonly #source: AsyncIterator<I>;
  readonly #answer: (request: I) => Promise<O>;
  readonly #window: number;
  #oldest: Place<O> | undefined;
  #newest: Place<O> | undefined;
  #underWay = 0;
  #reading = false;
  /** The requests are at their end, or have failed. */
  #sourceOver: { readonly failure?: unknown } | undefined;
  #closed = false;
  #reader: PromiseWithResolvers<IteratorResult<O, undefined>> | undefined;

  constructor(source: AsyncIterator<I>, answer: (request: I) => Promise<O>, window: number) {
    this.#source = source;
    this.#answer = answer;
    this.#window = window;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next answer. Messages are read only while somebody waits here. */
  next(): Promise<IteratorResult<O, undefined>> {
    if (this.#reader !== undefined) {
      const again = () => this.next();
      return this.#reader.promise.then(again, again);
    }
    const ready = this.#take();
    if (ready !== undefined) {
      this.#read();
      return ready;
    }
    this.#reader = Promise.withResolvers();
    const { promise } = this.#reader;
    this.#read();
    return promise;
  }

  /** Closes the source. What is being worked on goes on, for nobody. */
  async return(_?: undefined): Promise<IteratorResult<O, undefined>> {
    const closed = this.#close();
    this.#wake();
    await closed;
    return end;
  }

  #read(): void {
    if (this.#reading || this.#closed || this.#sourceOver || this.#underWay >= this.#window) return;
    this.#reading = true;
    this.#source.next().then(this.#received, this.#failed);
  }

  readonly #received = (result: IteratorResult<I>): void => {
    this.#reading = false;
    if (this.#closed) return;
    if (result.done) {
      this.#sourceOver = {};
      this.#wake();
      return;
    }
    this.#begin(result.value);
    if (this.#reader !== undefined) this.#read();
  };

  readonly #failed = (failure: unknown): void => {
    this.#reading = false;
    this.#sourceOver = { failure };
    this.#wake();
  };

  #begin(request: I): void {
    const place: Place<O> = { outcome: undefined, next: undefined };
    if (this.#newest === undefined) this.#oldest = place;
    else this.#newest.next = place;
    this.#newest = place;
    this.#underWay++;
    const settle = (outcome: NonNullable<Place<O>['outcome']>) => {
      place.outcome = outcome;
      if (place === this.#oldest) this.#wake();
    };
    this.#answer(request).then(
      (answer) => settle({ answer }),
      (failure: unknown) => settle({ failure }),
    );
  }

  #wake(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    const ready = this.#take();
    if (ready === undefined) return;
    this.#reader = undefined;
    reader.resolve(ready);
  }

  /** What there is to tell a reader now; undefined if it has to wait. */
  #take(): Promise<IteratorResult<O, undefined>> | undefined {
    if (this.#closed) return Promise.resolve(end);
    const outcome = this.#oldest?.outcome;
    if (outcome !== undefined) {
      this.#oldest = this.#oldest?.next;
      if (this.#oldest === undefined) this.#newest = undefined;
      this.#underWay--;
      return 'answer' in outcome
        ? Promise.resolve({ done: false, value: outcome.answer })
        : this.#fail(outcome);
    }
    if (this.#sourceOver === undefined) return undefined;
    if ('failure' in this.#sourceOver) return this.#fail(this.#sourceOver);
    return this.#oldest === undefined ? Promise.resolve(end) : undefined;
  }

  #fail({ failure }: { readonly failure?: unknown }): Promise<never> {
    this.#close().catch(() => undefined);
    return Promise.reject(failure);
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#oldest = undefined;
    this.#newest = undefined;
    await this.#source.return?.();
  }
}
