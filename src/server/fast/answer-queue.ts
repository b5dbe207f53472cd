import { Buffer } from 'node:buffer';
import type { ServerHttp2Stream } from 'node:http2';

/** From so many bytes on answers do not wait for others. */
const BATCH_BYTES = 64 * 1024;

/**
 * The answers of a stream on their way to its client: those that are ready in the same turn are one write, because writes cost more than
 * small answers do. Holds at most `BATCH_BYTES` and one answer.
 */
export class AnswerQueue {
  readonly #stream: ServerHttp2Stream;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #full = false;
  #writer: PromiseWithResolvers<void> | undefined;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
  }

  /** Takes an answer; returns whether it may be followed by another one, without waiting for `writable`. */
  push(answer: Buffer): boolean {
    if (this.#waiting.length === 0 && !this.#full) process.nextTick(this.#flush);
    this.#waiting.push(answer);
    this.#bytes += answer.length;
    if (this.#bytes >= BATCH_BYTES) this.#flush();
    return !this.#full;
  }

  /** Until the client has read what it was sent, or `release`. */
  writable(): Promise<void> {
    if (!this.#full) return Promise.resolve();
    this.#writer ??= Promise.withResolvers();
    return this.#writer.promise;
  }

  /** Ends the wait for a client that does not read. */
  release(): void {
    this.#writer?.resolve();
    this.#writer = undefined;
  }

  /** What was not written yet, as one piece; the caller writes it. */
  take(): Buffer | undefined {
    const waiting = this.#waiting;
    if (waiting.length === 0) return undefined;
    this.#waiting = [];
    this.#bytes = 0;
    return waiting.length === 1 ? waiting[0] : Buffer.concat(waiting);
  }

  #flush = (): void => {
    if (this.#full) return;
    const bytes = this.take();
    if (bytes === undefined || this.#stream.destroyed || this.#stream.closed) return;
    if (this.#stream.write(bytes)) return;
    this.#full = true;
    this.#stream.once('drain', this.#drained);
  };

  #drained = (): void => {
    this.#full = false;
    this.#flush();
    if (!this.#full) this.release();
  };
}
