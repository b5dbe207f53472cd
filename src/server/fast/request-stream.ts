import type { Buffer } from 'node:buffer';
import type { Message } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { type Envelope, EnvelopeSplitter } from './envelopes.ts';
import { protocolError } from './request-message.ts';

/** Where the chunks come from; what is paused makes its sender wait, by the window of HTTP/2. */
export interface ChunkSource {
  pause(): unknown;
  resume(): unknown;
}

/** How many bytes of messages may wait for their handler before the source is paused. */
const HIGH_BYTES = 64 * 1024;
/** At how few it goes on. */
const LOW_BYTES = 16 * 1024;
/** What a message takes beside its bytes, so that a flood of empty ones ends somewhere too. */
const MESSAGE_BYTES = 128;

type Result = IteratorResult<Message, undefined>;
const end: Result = { done: true, value: undefined };
const ignore = () => undefined;

/**
 * The messages of a request, as its handler reads them. Chunks are pushed in as they come; a handler that does not keep up has its source
 * paused. A message is read (`decode`) when it is asked for. What is wrong with the request comes after the messages before it.
 */
export class RequestStream implements AsyncIterableIterator<Message, undefined> {
  readonly #source: ChunkSource;
  readonly #decode: (envelope: Envelope) => Message | Promise<Message>;
  readonly #splitter: EnvelopeSplitter;
  /** Complete messages that nobody has asked for yet. */
  #ready: Envelope[] = [];
  #bytes = 0;
  #paused = false;
  /** Nothing comes after `#ready` but this failure, if it is one. */
  #over: { failure: unknown } | undefined;
  #reader: PromiseWithResolvers<Result> | undefined;

  constructor(
    source: ChunkSource,
    maxBytes: number,
    decode: (envelope: Envelope) => Message | Promise<Message>,
  ) {
    this.#source = source;
    this.#decode = decode;
    this.#splitter = new EnvelopeSplitter(maxBytes);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next message; rejects once with what is wrong with the request or with what ended the call, and is at its end from then on. */
  next(): Promise<Result> {
    if (this.#reader !== undefined) {
      const again = () => this.next();
      return this.#reader.promise.then(again, again);
    }
    const ready = this.#take();
    if (ready !== undefined) return ready;
    this.#reader = Promise.withResolvers();
    // The handler may be gone when the call ends.
    this.#reader.promise.catch(ignore);
    return this.#reader.promise;
  }

  /** Its handler wants no more: what was not read stays with the client until the call is over. */
  return(): Promise<Result> {
    this.#stop(undefined);
    this.#pause();
    return Promise.resolve(end);
  }

  /** Takes a chunk in. Never throws: what is wrong with it is told to the reader. */
  push(chunk: Buffer): void {
    if (this.#over) return;
    const before = this.#ready.length;
    try {
      this.#splitter.push(chunk, this.#ready);
    } catch (failure) {
      this.#over = { failure };
    }
    for (let i = before; i < this.#ready.length; i++) this.#bytes += weight(this.#ready[i]);
    this.#wake();
    if (this.#over || this.#bytes >= HIGH_BYTES) this.#pause();
  }

  /** The client has sent everything. */
  finish(): void {
    if (this.#over) return;
    const failure = this.#splitter.inside
      ? protocolError('incomplete envelope', Code.InvalidArgument)
      : undefined;
    this.#over = { failure };
    this.#wake();
  }

  /** The call is over, by a failure if there is one: forgets what was not read, and lets the rest come to be thrown away. */
  cancel(failure: unknown): void {
    this.#stop(failure);
    this.#source.resume();
  }

  #stop(failure: unknown): void {
    this.#ready = [];
    this.#bytes = 0;
    this.#over = { failure };
    this.#wake();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#source.pause();
  }

  #wake(): void {
    const reader = this.#reader;
    if (reader === undefined || (this.#ready.length === 0 && !this.#over)) return;
    // Before anything is taken: a message that cannot be read comes by here again, and must not find this reader.
    this.#reader = undefined;
    const ready = this.#take();
    if (ready !== undefined) reader.resolve(ready);
  }

  #take(): Promise<Result> | undefined {
    const envelope = this.#ready.shift();
    if (envelope === undefined) return this.#over && this.#ending();
    this.#bytes -= weight(envelope);
    if (this.#paused && !this.#over && this.#bytes <= LOW_BYTES) {
      this.#paused = false;
      this.#source.resume();
    }
    try {
      const message = this.#decode(envelope);
      if (!(message instanceof Promise)) return Promise.resolve({ done: false, value: message });
      return message.then(
        (value) => ({ done: false, value }),
        (error: unknown) => this.#refuse(error),
      );
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** A message that cannot be read, or must not, is the last one. */
  #refuse(error: unknown): Promise<never> {
    void this.return();
    return Promise.reject(error);
  }

  #ending(): Promise<Result> {
    const failure = this.#over?.failure;
    if (failure === undefined) return Promise.resolve(end);
    this.#over = { failure: undefined };
    return Promise.reject(failure);
  }
}

function weight(envelope: Envelope | undefined): number {
  return envelope === undefined ? 0 : envelope.data.length + MESSAGE_BYTES;
}
